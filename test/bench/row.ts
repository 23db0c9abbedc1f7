/** What a subject cannot do is `n/a`; what went wrong in this run is `failed`. Neither is ever 0. */
export type Value = number | "n/a" | "failed";

/** One figure of one run, as it stands in results.json. Equal subject, case and metric: one row for each run. */
export interface Row {
  subject: string;
  case: string;
  metric: string;
  value: Value;
  unit: string;
}

/** A figure before it is known whose it is. */
export type Figure = Omit<Row, "subject">;
