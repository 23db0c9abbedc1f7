import type { Leadership } from "../deeds/leadership.ts";
import { Rounds } from "../rounds.ts";
import type { Surroundings } from "../surroundings.ts";

const EVERY_MS = 60_000;

/**
 * Gifts whose time came while there was no leader: Ghost schedules only those whose time is still to come. Deliveries
 * and reminders mark what they have sent, so that nothing is sent twice.
 */
export class GiftRecovery {
  readonly #surroundings: Surroundings;
  readonly #leadership: Leadership;
  readonly #rounds: Rounds;

  constructor(surroundings: Surroundings, leadership: Leadership) {
    this.#surroundings = surroundings;
    this.#leadership = leadership;
    this.#rounds = new Rounds({
      failure: "Gift deliveries could not be looked for",
      everyMs: EVERY_MS,
      work: () => this.#deliver(),
      log: surroundings.log,
    });
  }

  start(): void {
    this.#rounds.start();
  }

  /** A new leader takes over what the last one did not come to. */
  async takeOver(): Promise<void> {
    await this.#rounds.now();
    if (this.#leadership.held) await this.#surroundings.ghost.use("gifts").service?.processReminders();
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  async #deliver(): Promise<void | "idle"> {
    if (!this.#leadership.held || !(await this.#leadership.confirm())) return "idle";
    await this.#surroundings.ghost.use("gifts").recoverPendingDeliveries();
    return undefined;
  }
}
