import type { Row } from "../row.ts";
import { spreadOf, type Spread } from "../statistics.ts";

/** The rows of all runs, asked for by subject, case and metric. */
export class Medians {
  readonly #rows: Map<string, Row[]>;

  constructor(rows: Row[]) {
    this.#rows = Map.groupBy(rows, ({ subject, case: name, metric }) => `${subject}|${name}|${metric}`);
  }

  /** The rows of one cell of the report: one a run, or none if the case was not run with this subject. */
  rows(subject: string, name: string, metric: string): Row[] {
    return this.#rows.get(`${subject}|${name}|${metric}`) ?? [];
  }

  /** Median, least and most; `undefined` unless every run gave a number. */
  spread(subject: string, name: string, metric: string): Spread | undefined {
    const values = this.rows(subject, name, metric).map(({ value }) => value);
    const numbers = values.filter((value) => typeof value === "number");
    return numbers.length > 0 && numbers.length === values.length ? spreadOf(numbers) : undefined;
  }

  median(subject: string, name: string, metric: string): number | undefined {
    return this.spread(subject, name, metric)?.median;
  }
}
