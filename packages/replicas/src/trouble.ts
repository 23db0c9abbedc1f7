import type { Log } from "./log.ts";

/**
 * Something that is done again and again and fails for a while. It is logged when the failures begin and when they end,
 * for a database that is down fails every attempt of every replica.
 */
export class Trouble {
  readonly #log: Log;
  readonly #failure: string;
  #failing = false;

  /** @param failure as it stands in the log: "Jobs could not be looked for" */
  constructor(log: Log, failure: string) {
    this.#log = log;
    this.#failure = failure;
  }

  failed(error: unknown): void {
    if (!this.#failing) this.#log.error(this.#failure, error);
    this.#failing = true;
  }

  succeeded(): void {
    if (this.#failing) this.#log.info(`It works again. Before: ${this.#failure}`);
    this.#failing = false;
  }
}
