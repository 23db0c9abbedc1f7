import { randomUUID } from "node:crypto";
import type { JobEnvelope, JobRouting, JobsBackend, JobsBackendStart } from "../ghost/modules.ts";
import { DEFAULT_QUEUE, type HeldJob, type HeldJobs } from "./held-jobs.ts";
import type { JobFiles } from "./job-files.ts";
import type { JobRow, JobRows } from "./job-rows.ts";
import type { JobRunner } from "./job-runner.ts";
import type { Recurring } from "./recurring-jobs.ts";

/** What the backend passes its work on to. */
export interface BackendParts {
  readonly rows: JobRows;
  readonly held: HeldJobs;
  readonly files: JobFiles;
  readonly runner: JobRunner;
  readonly want: (recurring: Recurring) => Promise<void>;
  /** Given the way into the lanes, as soon as they exist. */
  readonly started: (take: (row: JobRow) => void) => void;
  /** Whether this replica takes up no more work. */
  readonly released: () => boolean;
  readonly release: () => Promise<void>;
  /** Lets go of a job that has not begun. Never rejects. */
  readonly giveBack: (id: string) => Promise<void>;
  /** Whether that which is still under way was given back. */
  readonly abandoned: () => boolean;
  /** Gives back what is still under way. */
  readonly abandon: () => Promise<void>;
}

interface BackendConfig {
  readonly concurrency?: number;
}

/**
 * Ghost's backend in memory, with a row in the database for each job: as long as all is well a job runs at once, where
 * it was accepted, in Ghost's own lanes; the row lets another replica do it when this one cannot.
 * @see the contract in `@tryghost/adapter-base-jobs`
 */
export function jobsBackendOn(Base: new (config?: object) => JobsBackend, parts: BackendParts) {
  const { rows, held, files, runner } = parts;

  return class DurableJobsBackend extends Base {
    readonly #concurrency: number | undefined;
    readonly #jobs = new WeakMap<JobEnvelope, HeldJob>();
    #started = false;

    constructor(config: BackendConfig = {}) {
      super(config);
      this.#concurrency = config.concurrency;
    }

    override start({ processor, queues = {} }: JobsBackendStart): void {
      const run = (envelope: JobEnvelope): Promise<void> => {
        const job = this.#jobs.get(envelope);
        return job ? runner.run(job, processor) : processor(envelope);
      };
      super.start({ processor: run, queues });
      held.setLanes(queues, this.#concurrency);
      this.#started = true;
      parts.started((row) => this.#take(row));
    }

    /** Resolves when the job is in the database: from then on it is done, here or elsewhere. */
    override async enqueue({ type, payload }: JobEnvelope, routing?: JobRouting): Promise<void> {
      // Ghost's own answer to a call that comes too early
      if (!this.#started) return super.enqueue({ type, payload }, routing);
      const row = { id: randomUUID(), type, payload, queue: routing?.queue ?? DEFAULT_QUEUE };
      await files.store(row);
      const offered = parts.released();
      try {
        await (offered ? rows.offer(row) : rows.add(row));
      } catch (error) {
        runner.withdraw(row.id);
        throw error;
      }
      if (!parts.released()) this.#take(row);
      else if (!offered) await parts.giveBack(row.id);
    }

    override async scheduleRecurring(
      { type, payload }: JobEnvelope,
      { cron }: { cron: string },
      routing?: JobRouting,
    ): Promise<void> {
      if (!this.#started) return super.scheduleRecurring({ type, payload }, { cron }, routing);
      await parts.want({ type, payload, queue: routing?.queue ?? DEFAULT_QUEUE, cron });
    }

    override async shutdown(options: { timeoutMs?: number } = {}): Promise<void> {
      await parts.release();
      // what was given back already is another replica's: the sooner this one ends, the better
      await super.shutdown(parts.abandoned() ? { timeoutMs: 0 } : options);
      await parts.abandon();
    }

    #take(row: JobRow): void {
      const envelope = { type: row.type, payload: row.payload };
      this.#jobs.set(envelope, held.add(row));
      void super.enqueue(envelope, { queue: row.queue });
    }
  };
}
