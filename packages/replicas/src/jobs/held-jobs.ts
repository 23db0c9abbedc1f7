import type { JobRow } from "./job-rows.ts";

/** Lane of the jobs that name none, as Ghost calls it. */
export const DEFAULT_QUEUE = "default";

/** What Ghost's own backend does at the same time in a lane that says nothing else. */
const CONCURRENCY = 3;

/**
 * waiting: in its lane. starting: it is asked whether it is still this replica's. running: Ghost works on it. lost: Ghost
 * works on it, but it is another replica's meanwhile. done: its row is still to go.
 */
export type JobState = "waiting" | "starting" | "running" | "lost" | "done";

export interface HeldJob extends JobRow {
  state: JobState;
}

/** The jobs that this process has taken up, and the room that is left in each lane. */
export class HeldJobs {
  readonly #jobs = new Map<string, HeldJob>();
  readonly #lanes = new Map<string, number>();
  #concurrency = CONCURRENCY;
  readonly #emptied: (() => void)[] = [];

  /** @param lanes jobs at the same time, by lane */
  setLanes(lanes: Readonly<Record<string, { concurrency?: number }>>, concurrency = CONCURRENCY): void {
    this.#concurrency = concurrency;
    for (const [queue, lane] of Object.entries(lanes)) this.#lanes.set(queue, lane.concurrency ?? concurrency);
  }

  add(row: JobRow): HeldJob {
    const job: HeldJob = { ...row, state: "waiting" };
    this.#jobs.set(job.id, job);
    return job;
  }

  has(id: string): boolean {
    return this.#jobs.has(id);
  }

  get(id: string): HeldJob | undefined {
    return this.#jobs.get(id);
  }

  delete(id: string): void {
    this.#jobs.delete(id);
    if (this.#jobs.size > 0) return;
    for (const resolve of this.#emptied.splice(0)) resolve();
  }

  in(...states: JobState[]): HeldJob[] {
    return [...this.#jobs.values()].filter(({ state }) => states.includes(state));
  }

  /** Resolves when there is none left. */
  empty(): Promise<void> {
    if (this.#jobs.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#emptied.push(resolve));
  }

  /** Whether a job that is taken now would begin now. */
  hasRoom(queue: string): boolean {
    const inLane = this.in("waiting", "starting", "running", "lost").filter((job) => job.queue === queue);
    return inLane.length < (this.#lanes.get(queue) ?? this.#concurrency);
  }

  /** Lanes without room, of those that hold something. */
  busyQueues(): string[] {
    return [...new Set([...this.#jobs.values()].map(({ queue }) => queue))].filter((queue) => !this.hasRoom(queue));
  }
}
