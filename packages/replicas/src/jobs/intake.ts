import { performance } from "node:perf_hooks";
import { Rounds } from "../rounds.ts";
import type { Surroundings } from "../surroundings.ts";
import type { HeldJobs } from "./held-jobs.ts";
import type { JobFiles } from "./job-files.ts";
import { MOST_ATTEMPTS, type JobRow, type JobRows, type OpenRow } from "./job-rows.ts";

const LOOK_MS = 2000;

/** Jobs taken at one look: what is left goes to the other replicas, or to the next look. */
const AT_ONCE = 10;

/** After the database was away its jobs are left alone for a while: whoever holds them prolongs them first. */
const GRACE_MS = 5000;

/** So often the jobs are counted for the metrics. */
const COUNT_MS = 5000;

/** So often rows that nobody can work on are cleared away. */
const CLEAR_MS = 60 * 60 * 1000;

export interface IntakeParts {
  readonly rows: JobRows;
  readonly held: HeldJobs;
  readonly files: JobFiles;
  /** Types that this replica can work on. */
  readonly types: () => readonly string[];
  /** Puts a job that was taken into its lane. */
  readonly take: (row: JobRow) => void;
}

/** Takes up jobs that nobody works on: of replicas that have died or left, and those that the leader offers. */
export class Intake {
  readonly #surroundings: Surroundings;
  readonly #parts: IntakeParts;
  readonly #rounds: readonly Rounds[];
  #released = false;
  #away = false;
  #notBefore = 0;

  constructor(surroundings: Surroundings, parts: IntakeParts) {
    this.#surroundings = surroundings;
    this.#parts = parts;
    const { metrics, log } = surroundings;
    const count = async (): Promise<void> => metrics.jobs.set(await parts.rows.count());
    this.#rounds = [
      new Rounds({ failure: "Jobs could not be looked for", everyMs: LOOK_MS, work: () => this.#look(), log }),
      new Rounds({ failure: "Jobs could not be counted", everyMs: COUNT_MS, work: count, log }),
      new Rounds({ failure: "Old jobs could not be cleared", everyMs: CLEAR_MS, work: () => this.#clear(), log }),
    ];
  }

  start(): void {
    for (const rounds of this.#rounds) rounds.start();
  }

  /** Takes no more jobs; resolves when the look under way is over. */
  async stop(): Promise<void> {
    this.#released = true;
    await Promise.all(this.#rounds.map((rounds) => rounds.stop()));
  }

  async #look(): Promise<void> {
    const types = this.#parts.types();
    if (types.length === 0) return;
    for (const row of await this.#open(types)) {
      if (this.#released || performance.now() < this.#notBefore) return;
      await (row.attempts < MOST_ATTEMPTS ? this.#take(row) : this.#giveUp(row));
    }
  }

  async #open(types: readonly string[]): Promise<OpenRow[]> {
    const { rows, held } = this.#parts;
    try {
      const open = await rows.open(types, held.busyQueues(), AT_ONCE);
      if (this.#away) this.#notBefore = performance.now() + GRACE_MS;
      this.#away = false;
      return open;
    } catch (error) {
      this.#away = true;
      throw error;
    }
  }

  async #take({ id, type, queue, attempts }: OpenRow): Promise<void> {
    const { rows, held, take } = this.#parts;
    // its end here is noted late, because the database was away
    if (held.has(id) || !held.hasRoom(queue)) return;
    const payload = await rows.claim(id);
    if (payload === undefined) return;
    if (attempts > 0) this.#surroundings.log.info("A job is taken over from another replica", { type, attempts });
    take({ id, type, queue, payload });
  }

  async #giveUp({ id, type, attempts }: OpenRow): Promise<void> {
    if (!(await this.#parts.rows.giveUp(id))) return;
    const { metrics, log } = this.#surroundings;
    metrics.deeds.inc({ deed: "job", outcome: "given up" });
    log.error(
      `A job was given up: each replica that began it ended with it`,
      new Error(`${type}, ${attempts} attempts`),
      {
        id,
        type,
      },
    );
  }

  async #clear(): Promise<void> {
    const { rows, files } = this.#parts;
    for (const row of await rows.outdated(AT_ONCE * AT_ONCE)) {
      await files.remove(row);
      await rows.forget(row.id);
    }
  }
}
