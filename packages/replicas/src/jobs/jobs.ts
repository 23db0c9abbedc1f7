import { setTimeout as sleep } from "node:timers/promises";
import type { Leadership } from "../deeds/leadership.ts";
import { registerAdapter } from "../ghost/adapters.ts";
import type { Surroundings } from "../surroundings.ts";
import { HeldJobs } from "./held-jobs.ts";
import { ImportRuns } from "./import-runs.ts";
import { Intake } from "./intake.ts";
import { JobFiles } from "./job-files.ts";
import { JobRows, type JobRow } from "./job-rows.ts";
import { JobRunner } from "./job-runner.ts";
import { jobsBackendOn } from "./jobs-backend.ts";
import { watchKnownTypes } from "./known-types.ts";
import { MILESTONES, checkMilestones, scheduleMilestonesByJob } from "./milestones-check.ts";
import { RecurringJobs } from "./recurring-jobs.ts";
import { siteImportsOver } from "./site-imports.ts";

/** Name of the adapter in Ghost's configuration. */
const ADAPTER = "@stateless-ghost/replicas/jobs";

/** Background jobs of Ghost, done once whichever replica lives. */
export interface Jobs {
  /** Before Ghost's boot. */
  install(): void;
  /** After Ghost's boot: from now on this replica takes up what nobody works on. */
  start(): void;
  /** Takes up nothing more and gives back what has not begun. */
  release(): Promise<void>;
  /** Waits for what is under way; what is not done in time is given back, for another replica to do it again. */
  settled(timeoutMs: number): Promise<void>;
  /** Whether a job of a type is accepted and not done, on any replica. */
  has(type: string, matches: (payload: Record<string, unknown>) => boolean): Promise<boolean>;
}

export function createJobs(surroundings: Surroundings, leadership: Leadership): Jobs {
  return new DurableJobs(surroundings, leadership);
}

class DurableJobs implements Jobs {
  readonly #surroundings: Surroundings;
  readonly #rows: JobRows;
  readonly #held = new HeldJobs();
  readonly #files: JobFiles;
  readonly #runs = new ImportRuns();
  readonly #runner: JobRunner;
  readonly #intake: Intake;
  readonly #recurring: RecurringJobs;
  #knownTypes: ReadonlySet<string> = new Set();
  #take: ((row: JobRow) => void) | undefined;
  #released = false;
  #abandoned = false;

  constructor(surroundings: Surroundings, leadership: Leadership) {
    const { database, id, bucket, ghost, metrics, log } = surroundings;
    this.#surroundings = surroundings;
    this.#rows = new JobRows(database, id);
    this.#files = new JobFiles(bucket, ghost);
    const parts = { rows: this.#rows, held: this.#held, files: this.#files };
    const own = { [MILESTONES]: () => checkMilestones(ghost) };
    this.#runner = new JobRunner({ ...parts, runs: this.#runs, own, metrics, log });
    this.#recurring = new RecurringJobs(surroundings, leadership, this.#rows);
    this.#intake = new Intake(surroundings, {
      ...parts,
      types: () => (this.#take ? [...this.#knownTypes, MILESTONES] : []),
      take: (row) => this.#take?.(row),
    });
  }

  install(): void {
    const { ghost } = this.#surroundings;
    this.#knownTypes = watchKnownTypes(ghost);
    this.#runs.install(ghost);
    const backend = jobsBackendOn(ghost.use("jobsBackend").default, {
      rows: this.#rows,
      held: this.#held,
      files: this.#files,
      runner: this.#runner,
      want: (recurring) => this.#recurring.want(recurring),
      started: (take) => this.#begin(take),
      released: () => this.#released,
      release: () => this.release(),
      giveBack: (id) => this.#giveBack([id], "not begun"),
      abandoned: () => this.#abandoned,
      abandon: () => this.#abandon(),
    });
    registerAdapter(ghost, "jobs", ADAPTER, backend, {});
  }

  start(): void {
    this.#intake.start();
    this.#recurring.start();
  }

  async release(): Promise<void> {
    this.#released = true;
    this.#runner.release();
    await Promise.all([this.#intake.stop(), this.#recurring.stop()]);
    const waiting = this.#held.in("waiting").map(({ id }) => id);
    for (const id of waiting) this.#held.delete(id);
    await this.#giveBack(waiting, "not begun");
  }

  async settled(timeoutMs: number): Promise<void> {
    const end = AbortSignal.timeout(timeoutMs);
    const stop = new AbortController();
    const over = Promise.all([this.#held.empty(), siteImportsOver(this.#surroundings.ghost, end)]);
    await Promise.race([over, sleep(timeoutMs, undefined, { signal: stop.signal }).catch(() => {})]);
    stop.abort();
    await this.#abandon();
  }

  async has(type: string, matches: (payload: Record<string, unknown>) => boolean): Promise<boolean> {
    const payloads = await this.#rows.payloads(type);
    return payloads.some((payload) => matches(JSON.parse(payload) as Record<string, unknown>));
  }

  /** Ghost has loaded its services and registered its handlers, and schedules nothing before this. */
  #begin(take: (row: JobRow) => void): void {
    this.#released = false;
    this.#abandoned = false;
    this.#take = take;
    scheduleMilestonesByJob(this.#surroundings.ghost, this.#recurring);
    this.#runner.start();
  }

  async #abandon(): Promise<void> {
    const { log } = this.#surroundings;
    if (this.#abandoned) return;
    this.#abandoned = true;
    await this.#runner.stop();
    const left = this.#held.in("starting", "running");
    for (const { type } of left) log.warn(`The job ${type} is not done; another replica does it again`);
    await this.#giveBack(
      left.map(({ id }) => id),
      "begun",
    );
  }

  async #giveBack(ids: readonly string[], attempt: "not begun" | "begun"): Promise<void> {
    try {
      await this.#rows.giveBack(ids, attempt);
    } catch (error) {
      this.#surroundings.log.error("Jobs could not be given back; another replica has them in a few seconds", error);
    }
  }
}
