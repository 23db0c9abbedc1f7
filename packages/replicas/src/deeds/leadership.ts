import type { Lease, Leases } from "../database/leases.ts";
import { giveUp } from "../database/turn.ts";
import type { Log } from "../log.ts";
import { Trouble } from "../trouble.ts";

/** So often in a lease's time the leader renews it and the others look whether it is free. */
const LOOKS = 5;

const NAME = "leader";

export interface LeadershipOptions {
  readonly leases: Leases;
  readonly durationMs: number;
  readonly log: Log;
}

/**
 * One replica is the leader: it does what must be done once. A leader that dies, loses the database or hangs is
 * replaced within the lease's time and a fifth of it; one that wakes up finds that before its next deed, because it asks.
 */
export class Leadership {
  readonly #options: LeadershipOptions;
  readonly #trouble: Trouble;
  readonly #gained: (() => void | Promise<void>)[] = [];
  #lease: Lease | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #stopped = false;

  constructor(options: LeadershipOptions) {
    this.#options = options;
    this.#trouble = new Trouble(options.log, "The leader's lease could not be looked at");
  }

  /** Whether this replica leads, as far as it knows without asking. Enough for what may be done twice. */
  get held(): boolean {
    return this.#lease?.trusted ?? false;
  }

  /** Whether this replica leads at this moment, by the database. To be asked before each deed that must be done once. */
  async confirm(): Promise<boolean> {
    if (!this.held) return false;
    return (await this.#lease?.renew()) ?? false;
  }

  /** Called each time this replica becomes the leader. */
  onGained(work: () => void | Promise<void>): void {
    this.#gained.push(work);
  }

  start(): void {
    this.#timer = setInterval(() => void this.look(), this.#options.durationMs / LOOKS);
    this.#timer.unref();
    void this.look();
  }

  /** Gives the leadership up, so that another replica has it at its next look. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#looking;
    const lease = this.#lease;
    this.#lease = undefined;
    if (lease) await giveUp(lease, (error) => this.#options.log.error("The leadership could not be given up", error));
  }

  /** Renews the lease, or takes it when it is free. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<void> {
    try {
      await this.#renewOrAcquire();
      this.#trouble.succeeded();
    } catch (error) {
      if (this.#lease && !this.#lease.trusted) this.#lost("the database did not answer in time");
      this.#trouble.failed(error);
    }
  }

  async #renewOrAcquire(): Promise<void> {
    const { leases, durationMs } = this.#options;
    if (this.#lease) {
      if (await this.#lease.renew()) return;
      this.#lost("its time was over");
    }
    if (this.#stopped) return;
    this.#lease = await leases.acquire(NAME, durationMs);
    if (this.#lease) this.#won();
  }

  #won(): void {
    const { log } = this.#options;
    log.info("This replica is the leader");
    for (const work of this.#gained) {
      void Promise.resolve()
        .then(work)
        .catch((error: unknown) => log.error("A leader's first work failed", error));
    }
  }

  #lost(reason: string): void {
    this.#lease = undefined;
    this.#options.log.warn(`This replica is no longer the leader: ${reason}`);
  }
}
