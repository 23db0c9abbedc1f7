import type { Session, Value } from "../database/database.ts";

/** Time after which a job of a replica that is not heard of any more is anybody's, in s: five renewals may fail. */
const LEASE_S = 10;

/** A job that took so many replicas with it is not begun again. */
export const MOST_ATTEMPTS = 5;

/** Rows in one statement: a flood of jobs must not make a statement that the server refuses. */
const ROWS = 500;

/** A row that nobody can work on is kept so long for whoever wants to know what it was, in days. */
const KEPT_DAYS = 30;

const LEASE = `UTC_TIMESTAMP(3) + INTERVAL ${LEASE_S} SECOND`;

export interface JobRow {
  /** A UUID made by the replica that took the job: a statement whose answer was lost can be undone by it. */
  readonly id: string;
  readonly type: string;
  readonly payload: string;
  /** Lane it runs in. */
  readonly queue: string;
}

/** A row that nobody works on. */
export interface OpenRow extends Omit<JobRow, "payload"> {
  readonly attempts: number;
}

/** The table `replicas_jobs`: what each replica holds, and what nobody holds. */
export class JobRows {
  readonly #session: Session;
  readonly #holder: string;

  constructor(session: Session, holder: string) {
    this.#session = session;
    this.#holder = holder;
  }

  /** Notes a job that this replica begins itself. */
  async add({ id, type, payload, queue }: JobRow): Promise<void> {
    await this.#session.change(
      `INSERT INTO replicas_jobs (id, type, payload, queue, holder, lease_until, created_at)
       VALUES (?, ?, ?, ?, ?, ${LEASE}, UTC_TIMESTAMP(3))`,
      [id, type, payload, queue, this.#holder],
    );
  }

  /** Notes a job for whichever replica looks first. */
  async offer({ id, type, payload, queue }: JobRow, session = this.#session): Promise<void> {
    await session.change(
      `INSERT INTO replicas_jobs (id, type, payload, queue, lease_until, created_at)
       VALUES (?, ?, ?, ?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
      [id, type, payload, queue],
    );
  }

  /** Jobs that nobody works on, the longest waiting first. */
  open(types: readonly string[], busyQueues: readonly string[], limit: number): Promise<OpenRow[]> {
    const lanes = busyQueues.length > 0 ? `AND queue NOT IN (${marks(busyQueues)})` : "";
    return this.#session.rows<OpenRow>(
      `SELECT id, type, queue, attempts FROM replicas_jobs
       WHERE lease_until <= UTC_TIMESTAMP(3) AND type IN (${marks(types)}) ${lanes}
       ORDER BY lease_until LIMIT ${limit}`,
      [...types, ...busyQueues],
    );
  }

  /** Takes an open job; its payload, or undefined when another replica was faster. */
  async claim(id: string): Promise<string | undefined> {
    const taken = await this.#session.change(
      `UPDATE replicas_jobs SET holder = ?, lease_until = ${LEASE} WHERE id = ? AND lease_until <= UTC_TIMESTAMP(3)`,
      [this.#holder, id],
    );
    if (taken === 0) return undefined;
    const [row] = await this.#session.rows<{ payload: string }>(
      "SELECT payload FROM replicas_jobs WHERE id = ? AND holder = ?",
      [id, this.#holder],
    );
    return row?.payload;
  }

  /** Counts an attempt; false when the job is another replica's meanwhile, and must not be begun here. */
  async begin(id: string): Promise<boolean> {
    const begun = await this.#session.change(
      `UPDATE replicas_jobs SET attempts = attempts + 1, lease_until = ${LEASE} WHERE id = ? AND holder = ?`,
      [id, this.#holder],
    );
    return begun > 0;
  }

  /** Keeps jobs; those that are another replica's meanwhile, because this one was not heard of for too long. */
  async prolong(ids: readonly string[]): Promise<string[]> {
    const lost: string[] = [];
    for (const some of inParts(ids)) {
      const where = `holder = ? AND id IN (${marks(some)})`;
      const values = [this.#holder, ...some];
      const kept = await this.#session.change(`UPDATE replicas_jobs SET lease_until = ${LEASE} WHERE ${where}`, values);
      if (kept === some.length) continue;
      const rows = await this.#session.rows<{ id: string }>(`SELECT id FROM replicas_jobs WHERE ${where}`, values);
      const held = new Set(rows.map(({ id }) => id));
      lost.push(...some.filter((id) => !held.has(id)));
    }
    return lost;
  }

  /** Ends a job; false when it was another replica's. */
  async remove(id: string): Promise<boolean> {
    const values = [id, this.#holder];
    return (await this.#session.change("DELETE FROM replicas_jobs WHERE id = ? AND holder = ?", values)) > 0;
  }

  /** Lets go of jobs, for another replica to begin at once. An attempt that this replica broke off does not count. */
  async giveBack(ids: readonly string[], attempt: "not begun" | "begun"): Promise<void> {
    for (const some of inParts(ids)) {
      await this.#session.change(
        `UPDATE replicas_jobs SET holder = NULL, lease_until = UTC_TIMESTAMP(3)
         ${attempt === "begun" ? ", attempts = GREATEST(attempts, 1) - 1" : ""}
         WHERE holder = ? AND id IN (${marks(some)})`,
        [this.#holder, ...some],
      );
    }
  }

  /** Leaves an open job as failed; false when another replica has done so. */
  async giveUp(id: string): Promise<boolean> {
    const given = await this.#session.change(
      `UPDATE replicas_jobs SET holder = NULL, lease_until = NULL
       WHERE id = ? AND lease_until <= UTC_TIMESTAMP(3) AND attempts >= ${MOST_ATTEMPTS}`,
      [id],
    );
    return given > 0;
  }

  /** Jobs that are not done and not given up, of all replicas. */
  async count(): Promise<number> {
    const [row] = await this.#session.rows<{ jobs: number | string }>(
      "SELECT COUNT(*) AS jobs FROM replicas_jobs WHERE lease_until IS NOT NULL",
    );
    return Number(row?.jobs ?? 0);
  }

  /** Payloads of the jobs of a type that are not done and not given up. */
  async payloads(type: string): Promise<string[]> {
    const rows = await this.#session.rows<{ payload: string }>(
      "SELECT payload FROM replicas_jobs WHERE type = ? AND lease_until IS NOT NULL",
      [type],
    );
    return rows.map(({ payload }) => payload);
  }

  /** Jobs that were given up, or are of a type that no replica knows, for too long. */
  outdated(limit: number): Promise<JobRow[]> {
    return this.#session.rows<JobRow>(
      `SELECT id, type, payload, queue FROM replicas_jobs
       WHERE created_at < UTC_TIMESTAMP(3) - INTERVAL ${KEPT_DAYS} DAY
         AND (lease_until IS NULL OR lease_until < UTC_TIMESTAMP(3) - INTERVAL ${KEPT_DAYS} DAY)
       LIMIT ${limit}`,
    );
  }

  async forget(id: string): Promise<void> {
    await this.#session.change("DELETE FROM replicas_jobs WHERE id = ?", [id]);
  }
}

function marks(values: readonly Value[]): string {
  return values.map(() => "?").join(", ");
}

function inParts(ids: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(ids.length / ROWS) }, (_, part) => ids.slice(part * ROWS, (part + 1) * ROWS));
}
