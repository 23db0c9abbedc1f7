import { setTimeout as sleep } from "node:timers/promises";
import type { JobEnvelope } from "../ghost/modules.ts";
import type { Metrics } from "../health/metrics.ts";
import type { Log } from "../log.ts";
import { Rounds } from "../rounds.ts";
import type { HeldJob, HeldJobs } from "./held-jobs.ts";
import type { ImportRuns } from "./import-runs.ts";
import type { JobFiles } from "./job-files.ts";
import type { JobRows } from "./job-rows.ts";

/** So often the leases of the jobs that are held are prolonged; five times in a lease. */
const PROLONG_MS = 2000;

/** Rest before the database or the bucket is asked again whether a job may begin. */
const RETRY_MS = 2000;

export type Processor = (envelope: JobEnvelope) => Promise<void>;

export interface RunnerParts {
  readonly rows: JobRows;
  readonly held: HeldJobs;
  readonly files: JobFiles;
  readonly runs: ImportRuns;
  /** Jobs of this package, which Ghost does not know. */
  readonly own: Readonly<Record<string, () => Promise<void>>>;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Begins the jobs whose turn it is, if they are still this replica's; keeps their rows, and ends them. */
export class JobRunner {
  readonly #parts: RunnerParts;
  readonly #rounds: Rounds;
  readonly #withdrawn = new Set<string>();
  #released = false;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    this.#rounds = new Rounds({
      failure: "The leases of jobs could not be prolonged",
      everyMs: PROLONG_MS,
      work: () => this.#keep(),
      log: parts.log,
    });
  }

  start(): void {
    this.#released = false;
    this.#rounds.start();
  }

  /** Jobs that wait because the database or the bucket is away wait no longer. */
  release(): void {
    this.#released = true;
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  /** A row that was not accepted, as far as its sender knows: it must not come to life if it was written after all. */
  withdraw(id: string): void {
    this.#withdrawn.add(id);
  }

  /** The turn of a job in its lane; rejects as Ghost's processor does. */
  async run(job: HeldJob, deliver: Processor): Promise<void> {
    const { held, own, runs, metrics } = this.#parts;
    // it was given back while it waited
    if (held.get(job.id) !== job) return;
    job.state = "starting";
    const payload = await this.#begin(job);
    if (payload === undefined) return;
    job.state = "running";
    const envelope = { type: job.type, payload };
    let outcome = "failed";
    try {
      await runs.during(envelope, () => own[job.type]?.() ?? deliver(envelope));
      outcome = "done";
    } finally {
      metrics.deeds.inc({ deed: "job", outcome });
      await this.#end(job);
    }
  }

  /** The payload, once the file is here and the row says that the job is this replica's; undefined when it is not. */
  async #begin(job: HeldJob): Promise<string | undefined> {
    const { rows, held, files, log } = this.#parts;
    for (let failures = 0; ; failures += 1) {
      try {
        const payload = await files.fetch(job);
        if (await rows.begin(job.id)) return payload;
        log.warn(`A job is not begun here: another replica has taken it meanwhile`, { type: job.type });
        held.delete(job.id);
        return undefined;
      } catch (error) {
        if (failures === 0) log.error(`The job ${job.type} cannot begin yet`, error);
      }
      if (this.#released) {
        // its row is anybody's as soon as its lease is over
        held.delete(job.id);
        return undefined;
      }
      await sleep(RETRY_MS);
    }
  }

  async #end(job: HeldJob): Promise<void> {
    job.state = "done";
    try {
      await this.#remove(job);
    } catch (error) {
      this.#parts.log.error(`The end of the job ${job.type} could not be noted; it is tried again`, error);
    }
  }

  async #remove(job: HeldJob): Promise<void> {
    const { rows, held, files, log } = this.#parts;
    const removed = await rows.remove(job.id);
    held.delete(job.id);
    if (!removed) {
      log.warn("A job was done here, but another replica has taken it meanwhile and does it again", { type: job.type });
      return;
    }
    await files.remove(job).catch((error: unknown) => log.error("The file of a job is left in the bucket", error));
  }

  async #keep(): Promise<void> {
    const { rows, held, log } = this.#parts;
    for (const id of this.#withdrawn) {
      await rows.forget(id);
      this.#withdrawn.delete(id);
    }
    for (const job of held.in("done")) await this.#remove(job);
    const kept = held.in("waiting", "starting", "running");
    for (const id of await rows.prolong(kept.map((job) => job.id))) {
      const job = held.get(id);
      // one that has ended meanwhile has no row any more
      if (!job || job.state === "done") continue;
      log.warn("A job was taken by another replica, because this one was not heard of for too long", {
        type: job.type,
        state: job.state,
      });
      if (job.state === "waiting") held.delete(id);
      // its turn finds out by itself; what runs cannot be stopped
      else if (job.state === "running") job.state = "lost";
    }
  }
}
