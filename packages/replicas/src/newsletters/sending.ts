import { giveUp, takeTurn } from "../database/turn.ts";
import type { BatchSending, EditableModel, ModelClass } from "../ghost/modules.ts";
import { wrap } from "../ghost/wrap.ts";
import type { Surroundings } from "../surroundings.ts";
import { Interrupted, Sender, currentSender, leaseName } from "./sender.ts";

/** A sender that was not heard of for so long is replaced. */
const LEASE_MS = 10_000;

/** Whoever presses Retry at the moment in which the sender ends must not be turned away. */
const PATIENCE_MS = 5000;

const EMAILS = "emails";

/**
 * One replica at a time works on an e-mail. All that a sender writes before it asks the provider is fenced by the lease
 * of the e-mail, so that one that hung and wakes up adds no batch, claims none and passes no verdict.
 */
export class Sending {
  readonly #surroundings: Surroundings;
  readonly #prototype: BatchSending;
  readonly #code: string;
  readonly #services = new Set<BatchSending>();
  readonly #began: (emailId: string) => void;
  #stopped = false;

  /** @param began told when this process starts to work on an e-mail */
  constructor(surroundings: Surroundings, began: (emailId: string) => void) {
    const { prototype, SHUTDOWN_CODE } = surroundings.ghost.use("batchSending");
    this.#surroundings = surroundings;
    this.#prototype = prototype;
    this.#code = SHUTDOWN_CODE;
    this.#began = began;
  }

  install(): void {
    this.#wrapJob();
    this.#wrapStatusLock();
    this.#wrapCreation();
    this.#wrapRetries();
  }

  /** No batch is claimed here any more; one in flight is waited for by Ghost's own shutdown. */
  stopClaiming(): void {
    this.#stopped = true;
    for (const service of this.#services) service.onPreStop();
  }

  #wrapJob(): void {
    wrap(this.#prototype, "emailJob", async (job, service, data) => {
      this.#services.add(service);
      await this.#asOnlySender(data.emailId, () => job(data));
    });
  }

  async #asOnlySender(emailId: string, send: () => Promise<void>): Promise<void> {
    const { leases, metrics, log } = this.#surroundings;
    const failed = (error: unknown) => log.error(`The lease of the e-mail ${emailId} could not be renewed`, error);
    const turn = { durationMs: LEASE_MS, waitMs: PATIENCE_MS, failed };
    const lease = await takeTurn(leases, leaseName(emailId), turn);
    if (!lease) {
      log.info(`Another replica works on the e-mail ${emailId}`);
      return;
    }
    // it may have waited for its turn: what it does not begin, another replica finds
    if (this.#stopped) return giveUp(lease, failed);
    this.#began(emailId);
    try {
      await currentSender.run(new Sender(emailId, lease, this.#code), send);
      // Ghost takes an interruption for the end of the process, and its log says so
      if (!lease.trusted) throw new Interrupted(emailId, this.#code);
      metrics.deeds.inc({ deed: "newsletter", outcome: this.#stopped ? "interrupted" : "ok" });
    } catch (error) {
      metrics.deeds.inc({ deed: "newsletter", outcome: error instanceof Interrupted ? "interrupted" : "failed" });
      if (!(error instanceof Interrupted)) throw error;
      log.warn(error.message);
    } finally {
      await giveUp(lease, failed);
    }
  }

  #wrapStatusLock(): void {
    wrap(this.#prototype, "updateStatusLock", async (lock, _service, model, id, status, allowed) => {
      const isEmail = model.prototype.tableName === EMAILS;
      const change = (fenced: ModelClass) => lock(fenced, id, status, allowed);
      const sender = currentSender.getStore();
      if (!sender) return isEmail ? this.#unlessSending(model, id, change) : change(model);
      const row = await change(sender.fenced(model));
      if (row && isEmail) sender.guard(row);
      return row;
    });
  }

  /** Changes the status of an e-mail that no replica works on; undefined, as for any other status, when one does. */
  async #unlessSending(
    model: ModelClass,
    emailId: string,
    change: (fenced: ModelClass) => Promise<EditableModel | undefined>,
  ): Promise<EditableModel | undefined> {
    const { leases, log } = this.#surroundings;
    const lease = await leases.acquire(leaseName(emailId), LEASE_MS);
    if (!lease) return undefined;
    try {
      return await change(new Sender(emailId, lease, this.#code).fenced(model));
    } finally {
      await giveUp(lease, (error) => log.error(`The lease of the e-mail ${emailId} could not be given up`, error));
    }
  }

  #wrapCreation(): void {
    const { ghost } = this.#surroundings;
    wrap(this.#prototype, "createBatch", (create, _service, email, segment, members, options) => {
      const sender = currentSender.getStore();
      if (!sender || options?.transacting) return create(email, segment, members, options);
      // as Ghost does it, but fenced
      return ghost
        .use("models")
        .EmailBatch.transaction((transacting) =>
          sender.fence(transacting, () => create(email, segment, members, { ...options, transacting })),
        );
    });
  }

  /** An interruption is no error that another attempt could mend. */
  #wrapRetries(): void {
    wrap(this.#prototype, "retryDb", async (retry, _service, work, options) => {
      let interruption: Interrupted | undefined;
      const attempt = () =>
        work().catch((error: unknown) => {
          if (!(error instanceof Interrupted)) throw error;
          interruption = error;
        });
      const result = await retry(attempt, options);
      if (interruption) throw interruption;
      return result;
    });
  }
}
