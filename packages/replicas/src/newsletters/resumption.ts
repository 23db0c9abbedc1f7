import { AsyncLocalStorage } from "node:async_hooks";
import { performance } from "node:perf_hooks";
import type { Leadership } from "../deeds/leadership.ts";
import { wrap } from "../ghost/wrap.ts";
import type { Surroundings } from "../surroundings.ts";
import { LEASE_PREFIX, leaseName } from "./sender.ts";

/** A few rows are read each time; the readers of what was interrupted wait for it. */
const LOOK_MS = 5000;

/** An e-mail that was just made gets its job within milliseconds: it is nobody's only after this time. */
const SETTLE_MS = 10_000;

/** Where jobs are kept in memory, one may wait behind others; at most this long it counts as still there. */
const QUEUED_MS = 60_000;

export type HasJob = (emailId: string) => Promise<boolean>;

interface Interruption {
  readonly id: string;
  readonly status: string;
}

/**
 * Resumes newsletters whose sender was drained or lost. Ghost does that in every process and only when it boots, and
 * without a look at whether the sender lives: here the leader does it, for e-mails that nobody works on.
 */
export class Resumption {
  readonly #surroundings: Surroundings;
  readonly #leadership: Leadership;
  readonly #hasJob: HasJob;
  /** Within a look: what may be scheduled. */
  readonly #due = new AsyncLocalStorage<ReadonlySet<string>>();
  /** `pending` e-mails without a job, and when that was first seen, on this process's monotonic clock. */
  readonly #pendingSince = new Map<string, number>();
  /** What this process scheduled, and when. */
  readonly #queuedAt = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(surroundings: Surroundings, leadership: Leadership, hasJob: HasJob) {
    this.#surroundings = surroundings;
    this.#leadership = leadership;
    this.#hasJob = hasJob;
  }

  install(): void {
    const { ghost } = this.#surroundings;
    wrap(ghost.use("emailService").prototype, "resumeInterruptedSends", async (resume) => {
      if (this.#due.getStore()) await resume();
    });
    wrap(ghost.use("batchSending").prototype, "scheduleEmail", (schedule, _service, email) => {
      const now = () => {
        this.#queuedAt.set(email.id, performance.now());
        return schedule(email);
      };
      const due = this.#due.getStore();
      return due ? this.#scheduleIf(due, email.id, now) : now();
    });
  }

  start(): void {
    this.#leadership.onGained(() => this.look());
    this.#timer = setInterval(() => void this.look(), LOOK_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** This process works on the e-mail: its job does not wait any more. */
  began(emailId: string): void {
    this.#queuedAt.delete(emailId);
  }

  look(): Promise<void> {
    this.#looking ??= this.#look()
      .catch((error: unknown) => this.#surroundings.log.error("Interrupted newsletters could not be looked for", error))
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { ghost, log } = this.#surroundings;
    if (!this.#leadership.held) return;
    const due = await this.#interrupted();
    if (due.size === 0 || !(await this.#leadership.confirm())) return;
    log.info(`Resuming newsletters that nobody works on: ${[...due].join(", ")}`);
    await this.#due.run(due, () => ghost.use("emailServiceWrapper").service.resumeInterruptedSends());
  }

  /** E-mails that are neither sent nor failed, that no replica works on and that no job waits for. */
  async #interrupted(): Promise<Set<string>> {
    const { database, leases } = this.#surroundings;
    const found = await database.rows<Interruption>(
      "SELECT id, status FROM emails WHERE status IN ('pending', 'submitting')",
    );
    for (const id of this.#pendingSince.keys()) {
      if (!found.some((email) => email.id === id)) this.#pendingSince.delete(id);
    }
    if (found.length === 0) return new Set();
    const held = await leases.held(LEASE_PREFIX);
    const due = new Set<string>();
    for (const email of found) {
      if (held.includes(leaseName(email.id)) || (await this.#hasJob(email.id))) this.#pendingSince.delete(email.id);
      else if (this.#isAbandoned(email)) due.add(email.id);
    }
    return due;
  }

  /** A sender takes the lease before it sets `submitting`: without a lease it is gone. `pending` needs a second look. */
  #isAbandoned({ id, status }: Interruption): boolean {
    const now = performance.now();
    if (status === "submitting") return true;
    const since = this.#pendingSince.get(id) ?? now;
    this.#pendingSince.set(id, since);
    const queuedAt = this.#queuedAt.get(id) ?? -Infinity;
    return now - since >= SETTLE_MS && now - queuedAt >= QUEUED_MS;
  }

  /** Never rejects: Ghost 6.64 does not wait for it. What was not scheduled is found at the next look. */
  async #scheduleIf(due: ReadonlySet<string>, emailId: string, schedule: () => unknown): Promise<void> {
    const { metrics, log } = this.#surroundings;
    try {
      if (!due.has(emailId) || (await this.#hasJob(emailId)) || !(await this.#leadership.confirm())) return;
      await schedule();
      metrics.deeds.inc({ deed: "resume-newsletter", outcome: "ok" });
    } catch (error) {
      metrics.deeds.inc({ deed: "resume-newsletter", outcome: "failed" });
      log.error(`The e-mail ${emailId} could not be scheduled again`, error);
    }
  }
}
