export type Status = "ok" | "warn" | "failed" | "skipped";

/** What became of one step. */
export interface Finding {
  readonly step: string;
  readonly status: Status;
  readonly ms: number;
  /** What the step shows when it goes well. */
  readonly shows: string;
  /** What Ghost cannot do when it does not. */
  readonly without: string;
  readonly note?: string | undefined;
  /** IAM permission that seems to be missing. */
  readonly permission?: string | undefined;
  readonly help?: string | undefined;
}

/** Not as it should be, yet Ghost can live with it. */
export class Concern extends Error {
  override name = "Concern";
}

/** Wrong, for a reason that no error of the store tells. */
export class Defect extends Error {
  override name = "Defect";
  readonly help: string | undefined;

  constructor(message: string, help?: string) {
    super(message);
    this.help = help;
  }
}
