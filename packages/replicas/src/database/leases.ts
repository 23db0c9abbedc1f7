import { randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import { isDeadlock, type Database, type Session } from "./database.ts";

/** Part of a lease's time after which this process no longer trusts it without asking. */
const TRUST = 0.8;

/** So often a lease is renewed in its time: two attempts may fail. */
const RENEWALS = 4;

/** For whoever wants to know what was there. */
const KEPT_DAYS = 7;

/** What comes before the first colon of a name that is kept is counted; a gauge of prom-client is one. */
export interface KeptNames {
  inc(labels: { kind: string }): void;
  dec(labels: { kind: string }): void;
}

/** A name that one replica at a time holds, until it gives it up or its time runs out. */
export class Leases {
  readonly #database: Database;
  readonly #replica: string;
  readonly #kept: KeptNames | undefined;

  constructor(database: Database, replica: string, kept?: KeptNames) {
    this.#database = database;
    this.#replica = replica;
    this.#kept = kept;
  }

  /** Takes the name if nobody holds it; undefined otherwise. Several requests of one replica are several holders. */
  async acquire(name: string, durationMs: number): Promise<Lease | undefined> {
    const holder = `${this.#replica}/${randomUUID()}`;
    const began = performance.now();
    const expiry = `UTC_TIMESTAMP(3) + INTERVAL ${Math.round(durationMs * 1000)} MICROSECOND`;
    try {
      const taken =
        (await this.#database.change(
          `UPDATE replicas_leases SET holder = ?, expires_at = ${expiry} WHERE name = ? AND expires_at <= UTC_TIMESTAMP(3)`,
          [holder, name],
        )) ||
        (await this.#database.change(
          `INSERT IGNORE INTO replicas_leases (name, holder, expires_at) VALUES (?, ?, ${expiry})`,
          [name, holder],
        ));
      return taken ? new Lease(this.#database, { name, holder, durationMs, began, kept: this.#kept }) : undefined;
    } catch (error) {
      // of several that ask at the moment of a release, InnoDB turns away all but one
      if (isDeadlock(error)) return undefined;
      throw error;
    }
  }

  /** Who holds the name now, if anybody does. */
  async holder(name: string): Promise<string | undefined> {
    const [row] = await this.#database.rows<{ holder: string }>(
      "SELECT holder FROM replicas_leases WHERE name = ? AND expires_at > UTC_TIMESTAMP(3)",
      [name],
    );
    return row?.holder.split("/")[0];
  }

  /** Names below a prefix that somebody holds now. */
  async held(prefix: string): Promise<string[]> {
    const rows = await this.#database.rows<{ name: string }>(
      "SELECT name FROM replicas_leases WHERE name LIKE ? AND expires_at > UTC_TIMESTAMP(3)",
      [`${prefix.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`],
    );
    return rows.map(({ name }) => name);
  }

  /** Forgets names that nobody gave up and nobody wants any more, such as those of replicas that were killed. */
  async sweep(): Promise<void> {
    await this.#database.change(
      `DELETE FROM replicas_leases WHERE expires_at < UTC_TIMESTAMP(3) - INTERVAL ${KEPT_DAYS} DAY`,
    );
  }
}

export interface Holding {
  readonly name: string;
  readonly holder: string;
  readonly durationMs: number;
  /** When the statement that took it was sent, on this process's monotonic clock. */
  readonly began: number;
  readonly kept: KeptNames | undefined;
}

/**
 * A held name. A process that was stopped or cut off finds by its own monotonic clock that the time is over; before a
 * deed it asks the database, and within a transaction it locks the row, so that nobody else can have it meanwhile.
 */
export class Lease {
  readonly name: string;
  readonly #database: Database;
  readonly #holder: string;
  readonly #durationMs: number;
  readonly #kept: KeptNames | undefined;
  #trustedUntil: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(database: Database, { name, holder, durationMs, began, kept }: Holding) {
    this.#database = database;
    this.#kept = kept;
    this.name = name;
    this.#holder = holder;
    this.#durationMs = durationMs;
    this.#trustedUntil = began + durationMs * TRUST;
  }

  /** Whether it can still be ours, as far as this process knows without asking. */
  get trusted(): boolean {
    return performance.now() < this.#trustedUntil;
  }

  /** Prolongs it; false when it has gone to somebody else or its time was over. */
  async renew(): Promise<boolean> {
    const began = performance.now();
    const renewed = await this.#database.change(
      `UPDATE replicas_leases SET expires_at = UTC_TIMESTAMP(3) + INTERVAL ${Math.round(this.#durationMs * 1000)} MICROSECOND
       WHERE name = ? AND holder = ? AND expires_at > UTC_TIMESTAMP(3)`,
      [this.name, this.#holder],
    );
    this.#trustedUntil = renewed ? began + this.#durationMs * TRUST : 0;
    if (!renewed) this.#endKeeping();
    return renewed > 0;
  }

  /** Renews it in the background until it is lost or released; a failed attempt is tried again while there is time. */
  keep(failed: (error: unknown) => void): void {
    this.#timer = setInterval(() => void this.renew().catch(failed), this.#durationMs / RENEWALS);
    this.#timer.unref();
    this.#kept?.inc({ kind: this.#kind });
  }

  /** Within a transaction: nobody else can take it before the end of that transaction. False when it is not ours. */
  async fence(session: Session): Promise<boolean> {
    const rows = await session.rows(
      "SELECT 1 FROM replicas_leases WHERE name = ? AND holder = ? AND expires_at > UTC_TIMESTAMP(3) FOR SHARE",
      [this.name, this.#holder],
    );
    return rows.length > 0;
  }

  async release(): Promise<void> {
    this.#endKeeping();
    this.#trustedUntil = 0;
    await this.#database.change("DELETE FROM replicas_leases WHERE name = ? AND holder = ?", [this.name, this.#holder]);
  }

  get #kind(): string {
    return this.name.split(":", 1)[0]!;
  }

  #endKeeping(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#kept?.dec({ kind: this.#kind });
  }
}
