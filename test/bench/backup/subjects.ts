export const OURS = "backup";
/** Its programs are joined by pipes, which would part the cells of a table. */
export const PIPE = "mysqldump, gzip, aws s3 cp";

export const GHOST = "Ghost";
export const LARGE = "large";

export type DatabaseName = typeof GHOST | typeof LARGE;

/** How each database is named in results.json. */
export const CASES: Readonly<Record<DatabaseName, string>> = { [GHOST]: "backup-ghost", [LARGE]: "backup-large" };
