import type { Minio } from "../../integration/commands/bucket.ts";
import type { Mysql } from "../../integration/replicas/cluster/mysql.ts";
import type { Row } from "../row.ts";

/** What a case of this bench works with. */
export interface Bench {
  readonly mysql: Mysql;
  readonly minio: Minio;
  /** A tenth of the runs, to see that it works. */
  readonly quick: boolean;
  progress(line: string): void;
}

export interface BenchCase {
  readonly id: string;
  readonly title: string;
  measure(bench: Bench): Promise<Row[]>;
}

export const REPLICA = "ghost-replica";
export const STOCK = "stock Ghost";
