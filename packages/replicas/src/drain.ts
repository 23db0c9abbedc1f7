import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "./log.ts";

/** What ends in order when a replica is asked to go. */
export interface DrainSteps {
  /** Between the moment at which the replica says that it is not ready and the first connection that is refused, in ms. */
  readonly delayMs: number;
  /** Stops taking up work: leadership, jobs, batches of newsletters. */
  readonly stopClaiming: () => Promise<void>;
  /** Waits for work under way, for a bounded time. */
  readonly settle: () => Promise<void>;
  /** Ghost's own end: finishes requests, cleans up, ends the process. */
  readonly shutdown: () => Promise<void>;
  readonly log: Log;
}

/** Leaves in order: nothing is refused and nothing is lost. */
export class Drain {
  #draining = false;
  #steps: DrainSteps | undefined;
  #run: Promise<void> | undefined;

  get draining(): boolean {
    return this.#draining;
  }

  /** Takes the signals over: from the process before Ghost has booted, from Ghost afterwards. */
  onSignals(steps: DrainSteps): void {
    this.#steps = steps;
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.removeAllListeners(signal);
      process.on(signal, () => void this.run(signal));
    }
  }

  run(cause: string): Promise<void> {
    this.#run ??= this.#leave(cause);
    return this.#run;
  }

  async #leave(cause: string): Promise<void> {
    const steps = this.#steps;
    if (!steps) return;
    const { delayMs, stopClaiming, settle, shutdown, log } = steps;
    this.#draining = true;
    log.info(`${cause}: this replica is not ready any more; it takes requests for another ${delayMs / 1000} s`);
    await sleep(delayMs);
    // one that fails must not keep the others from their turn
    await stopClaiming().catch((error: unknown) => log.error("Work could not be given up", error));
    await settle().catch((error: unknown) => log.error("Work under way could not be waited for", error));
    log.info("Nothing is under way here any more; Ghost finishes its requests and ends");
    await shutdown();
  }
}
