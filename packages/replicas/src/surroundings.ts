import type { Bucket } from "./content/bucket.ts";
import type { Database } from "./database/database.ts";
import type { Leases } from "./database/leases.ts";
import type { Options } from "./configuration/schema.ts";
import type { Ghost } from "./ghost/ghost.ts";
import type { Metrics } from "./health/metrics.ts";
import type { Log } from "./log.ts";

/** What every room of this package works with. */
export interface Surroundings {
  /** Name of this replica, in no other use anywhere: host name and a random part. */
  readonly id: string;
  readonly ghost: Ghost;
  readonly options: Options;
  readonly database: Database;
  readonly leases: Leases;
  readonly bucket: Bucket;
  readonly metrics: Metrics;
  readonly log: Log;
}
