import type { Log } from "./log.ts";
import { Trouble } from "./trouble.ts";

export interface RoundsOptions {
  /** As it stands in the log: "Jobs could not be looked for: …". */
  readonly failure: string;
  /** Rest between the end of a round and the next one, in ms. */
  readonly everyMs: number;
  /** Rest after a round that failed, in ms; the same unless it is said. */
  readonly againMs?: number;
  /** "idle" when there was nothing to be tried: that says nothing about whether it works. */
  readonly work: () => Promise<void | "idle">;
  readonly log: Log;
}

/**
 * Work that is done again and again, never twice at the same time. A round that fails is followed by the next one.
 */
export class Rounds {
  readonly #options: RoundsOptions;
  readonly #trouble: Trouble;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #running = false;

  constructor(options: RoundsOptions) {
    this.#options = options;
    this.#trouble = new Trouble(options.log, options.failure);
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    void this.now();
  }

  /** Does a round at once; at the same time as another one, it is that one. Never rejects. */
  now(): Promise<void> {
    clearTimeout(this.#timer);
    this.#round ??= this.#roundAndRest();
    return this.#round;
  }

  /** A round that begins after this call, for what one under way may have read too early. Never rejects. */
  async anew(): Promise<void> {
    await this.#round;
    await this.now();
  }

  /** No more rounds; resolves when the one under way is over. */
  async stop(): Promise<void> {
    this.#running = false;
    clearTimeout(this.#timer);
    await this.#round;
  }

  async #roundAndRest(): Promise<void> {
    const { everyMs, againMs = everyMs } = this.#options;
    const rest = (await this.#succeeds()) ? everyMs : againMs;
    this.#round = undefined;
    if (this.#running) this.#timer = setTimeout(() => void this.now(), rest).unref();
  }

  async #succeeds(): Promise<boolean> {
    try {
      if ((await this.#options.work()) !== "idle") this.#trouble.succeeded();
      return true;
    } catch (error) {
      this.#trouble.failed(error);
      return false;
    }
  }
}
