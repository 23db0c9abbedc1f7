import { setTimeout as sleep } from "node:timers/promises";
import { EXIT, Failure, orInterrupted } from "./failure.ts";
import type { Log } from "./log.ts";

const ASK_AGAIN_MS = 1000;

/** What may be otherwise in a moment: something that starts is not there yet, and something that ends is still there. */
const PASSING: ReadonlySet<number> = new Set([EXIT.unavailable, EXIT.temporary]);

/** Time for others to start or to end, as a pod needs that is made together with MySQL. */
export class Patience {
  readonly #deadline: number;
  readonly #log: Log;
  readonly #signal: AbortSignal;

  /** @param seconds for all that is asked of it */
  constructor(seconds: number, log: Log, signal: AbortSignal) {
    this.#deadline = Date.now() + seconds * 1000;
    this.#log = log;
    this.#signal = signal;
  }

  /**
   * Asks once, and again until the time is up.
   * @throws {Failure} the last one; at once one that no time mends, as a wrong password
   */
  async until(question: () => Promise<unknown>): Promise<void> {
    for (let told = ""; ; await orInterrupted(sleep(ASK_AGAIN_MS), this.#signal)) {
      try {
        await orInterrupted(question(), this.#signal);
        return;
      } catch (error) {
        const passing = error instanceof Failure && PASSING.has(error.exitCode);
        if (!passing || Date.now() >= this.#deadline) throw error;
        if (error.message !== told) this.#log.info("it waits", { reason: error.message });
        told = error.message;
      }
    }
  }
}
