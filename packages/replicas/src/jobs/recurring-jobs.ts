import { randomUUID } from "node:crypto";
import type { Database } from "../database/database.ts";
import type { Leadership } from "../deeds/leadership.ts";
import { Rounds } from "../rounds.ts";
import type { Surroundings } from "../surroundings.ts";
import { nextTime, samePeriod } from "./cron.ts";
import type { JobRows } from "./job-rows.ts";

/** So often the leader looks whether a time has come. */
const LOOK_MS = 2000;

/** A job that comes again, as a replica asks for it. */
export interface Recurring {
  readonly type: string;
  readonly payload: string;
  readonly queue: string;
  /** Five fields, or six with seconds first; in UTC. */
  readonly cron: string;
}

interface RecurringRow extends Recurring {
  readonly next_at: Date;
  readonly due: number;
  readonly now: Date;
}

/**
 * Jobs that come again, once for all replicas: the first time that any replica names for a type stays, and the leader
 * turns each tick into a job. The next time is moved and the job is noted in one transaction, so that a tick can be
 * neither lost nor doubled, whoever dies; a night that nobody was there for is made up for once.
 */
export class RecurringJobs {
  readonly #surroundings: Surroundings;
  readonly #leadership: Leadership;
  readonly #rows: JobRows;
  readonly #wanted = new Map<string, Recurring>();
  readonly #unsaved = new Set<string>();
  readonly #rounds: Rounds;

  constructor(surroundings: Surroundings, leadership: Leadership, rows: JobRows) {
    this.#surroundings = surroundings;
    this.#leadership = leadership;
    this.#rows = rows;
    this.#rounds = new Rounds({
      failure: "Recurring jobs could not be looked at",
      everyMs: LOOK_MS,
      work: () => this.#look(),
      log: surroundings.log,
    });
  }

  /** Asks for a job; the first call for a type in this process counts. Noted later when the database is away. */
  async want(recurring: Recurring): Promise<void> {
    const { type } = recurring;
    if (this.#wanted.has(type)) return;
    this.#wanted.set(type, recurring);
    this.#unsaved.add(type);
    try {
      await this.#save(recurring);
    } catch (error) {
      this.#surroundings.log.error(`The recurring job ${type} could not be noted; it is tried again`, error);
    }
  }

  start(): void {
    this.#rounds.start();
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  async #look(): Promise<void | "idle"> {
    for (const type of this.#unsaved) await this.#save(this.#wanted.get(type)!);
    if (!this.#leadership.held) return "idle";
    const rows = await this.#surroundings.database.rows<RecurringRow>(
      `SELECT type, payload, queue, cron, next_at, next_at <= UTC_TIMESTAMP(3) AS due, UTC_TIMESTAMP(3) AS now
       FROM replicas_recurring`,
    );
    const noted = new Set(rows.map(({ type }) => type));
    // a backup without this package's tables was restored
    for (const type of this.#wanted.keys()) if (!noted.has(type)) this.#unsaved.add(type);
    // types that this Ghost does not know stay as they are: an older one may, or a newer one
    for (const row of rows) if (row.due && this.#wanted.has(row.type)) await this.#tick(row);
    return undefined;
  }

  async #tick(row: RecurringRow): Promise<void> {
    const { ghost, database, metrics, log } = this.#surroundings;
    const next = nextTime(ghost, row.cron, row.now);
    if (!next || !(await this.#leadership.confirm())) return;
    const ticked = await database.transaction(async (session) => {
      // one that is replaced as the leader at this very moment finds that the time was moved
      const moved = await session.change("UPDATE replicas_recurring SET next_at = ? WHERE type = ? AND next_at = ?", [
        next,
        row.type,
        row.next_at,
      ]);
      if (moved > 0) await this.#rows.offer({ ...row, id: randomUUID() }, session);
      return moved > 0;
    });
    if (!ticked) return;
    metrics.deeds.inc({ deed: "recurring job", outcome: "due" });
    log.info(`The recurring job ${row.type} is due`, { type: row.type, next: next.toISOString() });
  }

  async #save({ type, payload, queue, cron }: Recurring): Promise<void> {
    const { database, ghost, log } = this.#surroundings;
    const next = nextTime(ghost, cron, await nowOf(database));
    if (!next) {
      log.warn(`The recurring job ${type} never comes: ${cron}`);
      this.#unsaved.delete(type);
      return;
    }
    await database.change(
      `INSERT INTO replicas_recurring (type, payload, queue, cron, next_at) VALUES (?, ?, ?, ?, ?) AS wanted
       ON DUPLICATE KEY UPDATE payload = wanted.payload, queue = wanted.queue`,
      [type, payload, queue, cron, next],
    );
    const [row] = await database.rows<{ cron: string }>("SELECT cron FROM replicas_recurring WHERE type = ?", [type]);
    if (row && !samePeriod(row.cron, cron)) {
      // another version of Ghost wants it more often or more seldom: the one that was started last counts
      await database.change("UPDATE replicas_recurring SET cron = ?, next_at = ? WHERE type = ? AND cron = ?", [
        cron,
        next,
        type,
        row.cron,
      ]);
      log.info(`The recurring job ${type} has another schedule: ${cron}`);
    }
    this.#unsaved.delete(type);
  }
}

async function nowOf(database: Database): Promise<Date> {
  const [row] = await database.rows<{ now: Date }>("SELECT UTC_TIMESTAMP(3) AS now");
  return row!.now;
}
