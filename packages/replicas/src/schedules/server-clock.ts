import { performance } from "node:perf_hooks";
import type { Session } from "../database/database.ts";

/**
 * The database's clock, which is the same for all replicas; that of the machine may be wrong by minutes, and may be set
 * while the process runs.
 */
export class ServerClock {
  // until the database was asked, the machine's clock is the best guess
  #offset = Date.now() - performance.now();

  /** Milliseconds since 1970, UTC. */
  now(): number {
    return performance.now() + this.#offset;
  }

  /** Asks the database; right to half of the time that the answer takes. */
  async measure(session: Session): Promise<void> {
    const sent = performance.now();
    const [row] = await session.rows<{ now: number | string }>(
      "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) / 1000 AS now",
    );
    const received = performance.now();
    this.#offset = Number(row!.now) - (sent + received) / 2;
  }
}
