/** What became of a run for one database, for whoever has to know. */
export interface Notice {
  readonly event: "success" | "failure";
  readonly server: string;
  readonly database: string;
  /** Name of the backup; of a failure there is none. */
  readonly backup?: string;
  readonly bytes?: number;
  readonly stored?: number;
  readonly rows?: number;
  readonly tables?: number;
  /** Objects of the blog's own content, when that is part of the backup. */
  readonly objects?: number;
  readonly seconds: number;
  readonly reason?: string;
  readonly next?: string;
  readonly exitCode: number;
}

/** One line for people. */
export function sentenceOf(notice: Notice): string {
  const what = `${notice.server}/${notice.database}`;
  if (notice.event === "failure") return `Backup of ${what} failed: ${notice.reason ?? "no reason"}`;
  const content = notice.objects === undefined ? "" : `, ${notice.objects} objects of content`;
  return `Backup of ${what} is verified: ${notice.tables} tables, ${notice.rows} rows${content}, ${notice.seconds} s`;
}
