import { setTimeout as delay } from "node:timers/promises";
import { interrupted } from "../failure.ts";
import type { Connection } from "../mysql/connection.ts";

/** Two inserts into one table can meet in an index; the server rolls one of them back whole. */
const DEADLOCK = "ER_LOCK_DEADLOCK";
const ATTEMPTS = 5;

/**
 * Connections that run statements beside each other. Whoever gives one waits until a connection is free, so that
 * never more statements are in memory than there are connections.
 */
export class Lanes {
  readonly #idle: Connection[];
  readonly #busy = new Set<Promise<void>>();
  readonly #signal: AbortSignal;
  #failure: unknown;

  constructor(connections: readonly Connection[], signal: AbortSignal) {
    this.#idle = [...connections];
    this.#signal = signal;
  }

  /** @returns when it has begun; the promise inside is for its end, and never fails: the next call does */
  async begin(work: (connection: Connection) => Promise<void>): Promise<{ readonly ended: Promise<void> }> {
    while (this.#idle.length === 0) await Promise.race(this.#busy);
    this.#check();
    const connection = this.#idle.pop() as Connection;
    const ended = this.#run(connection, work).finally(() => {
      this.#idle.push(connection);
      this.#busy.delete(ended);
    });
    this.#busy.add(ended);
    return { ended };
  }

  /** Waits for all that has begun. @throws what failed first */
  async drain(): Promise<void> {
    while (this.#busy.size > 0) await Promise.all(this.#busy);
    this.#check();
  }

  #check(): void {
    if (this.#signal.aborted) throw interrupted();
    if (this.#failure) throw this.#failure;
  }

  async #run(connection: Connection, work: (connection: Connection) => Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await work(connection);
        return;
      } catch (error) {
        if ((error as { code?: string }).code !== DEADLOCK || attempt === ATTEMPTS) {
          this.#failure ??= error;
          return;
        }
        await delay(10 * attempt);
      }
    }
  }
}
