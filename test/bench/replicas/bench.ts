import type { Minio } from "../../integration/commands/bucket.ts";
import type { Mysql } from "../../integration/replicas/cluster/mysql.ts";
import type { Figure, Row } from "../row.ts";

export const REPLICA = "ghost-replica";
export const STOCK = "stock Ghost";

/** What a case of this bench works with. */
export interface Bench {
  readonly mysql: Mysql;
  readonly minio: Minio;
  /** A tenth of the runs, to see that it works. */
  readonly quick: boolean;
  progress(line: string): void;
  /** Notes what went wrong in a part of a case, while the rest goes on. */
  failed(what: string, error: unknown): void;
}

export interface BenchCase {
  /** With `replicas-` before it, how the names of its rows begin. */
  readonly id: string;
  readonly title: string;
  /** How it is measured, for the reader of the figures. */
  readonly method: string;
  /** Rows as they are measured: those that came before an error count. */
  measure(bench: Bench): AsyncIterable<Row>;
}

export type RowOf = (metric: string, value: Row["value"], unit: string) => Row;

/** Makes the rows of one subject in one case. */
export function rowsOf(subject: string, name: Figure["case"]): RowOf {
  return (metric, value, unit) => ({ subject, case: name, metric, value, unit });
}
