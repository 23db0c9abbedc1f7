import { performance } from "node:perf_hooks";
import type { Session } from "../database/database.ts";
import type { Log } from "../log.ts";
import { Rounds } from "../rounds.ts";

/** Asks the database in short intervals whether it answers: for a replica that must be alone and so looks for no changes. */
export class Pulse {
  readonly #rounds: Rounds;
  #answeredAt = performance.now();

  constructor(database: Session, everyMs: number, log: Log) {
    this.#rounds = new Rounds({
      failure: "The database could not be asked whether it answers",
      everyMs,
      work: async () => {
        await database.rows("SELECT 1");
        this.#answeredAt = performance.now();
      },
      log,
    });
  }

  /** Time since the last answer, in ms. */
  get ageMs(): number {
    return performance.now() - this.#answeredAt;
  }

  start(): void {
    this.#rounds.start();
  }
}
