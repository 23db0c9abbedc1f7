import { AsyncLocalStorage } from "node:async_hooks";
import type { Session } from "../database/database.ts";
import { withIdleLimit } from "../database/idle-limit.ts";
import type { Lease } from "../database/leases.ts";
import type { EditableModel, ModelClass, Transaction } from "../ghost/modules.ts";

/** Name of the lease of the one replica that may work on an e-mail. */
export const leaseName = (emailId: string): string => `email:${emailId}`;

/** What comes before the id in the name of such a lease. */
export const LEASE_PREFIX = leaseName("");

/**
 * Ends the work on an e-mail without a verdict on it. By its code Ghost takes it for the end of the process: the e-mail
 * stays `submitting`, which is what another replica resumes.
 */
export class Interrupted extends Error {
  override name = "Interrupted";
  readonly code: string;

  constructor(emailId: string, code: string) {
    super(`The e-mail ${emailId} may be another replica's by now: this one was not heard of for too long`);
    this.code = code;
  }
}

/** The work of this process on one e-mail, for as long as the e-mail's lease is its own. */
export class Sender {
  readonly emailId: string;
  readonly #lease: Lease;
  readonly #code: string;

  /** @param code by which Ghost knows that a sending was interrupted */
  constructor(emailId: string, lease: Lease, code: string) {
    this.emailId = emailId;
    this.#lease = lease;
    this.#code = code;
  }

  /** @throws {Interrupted} when the lease is not ours at this moment */
  async confirm(): Promise<void> {
    if (!(await this.#lease.renew())) throw new Interrupted(this.emailId, this.#code);
  }

  /**
   * Makes a transaction count only if the lease is ours at its end, and nobody else can have it before that. The lease
   * is asked for last, so that a process that hangs within the transaction keeps it from nobody.
   * @throws {Interrupted}
   */
  fence<Result>(transaction: Transaction, work: () => Promise<Result>): Promise<Result> {
    const session = sessionOn(transaction);
    return withIdleLimit(session, async () => {
      const result = await work();
      if (!(await this.#lease.fence(session))) throw new Interrupted(this.emailId, this.#code);
      return result;
    });
  }

  /** Ghost's model with its transactions fenced; what `updateStatusLock` needs of it. */
  fenced(model: ModelClass): ModelClass {
    return {
      prototype: model.prototype,
      transaction: (work) => model.transaction((transaction) => this.fence(transaction, () => work(transaction))),
      findOne: (query, options) => model.findOne(query, options),
    };
  }

  /** From now on the row is saved only while the lease is ours: the verdict on an e-mail is its sender's. */
  guard(row: EditableModel): void {
    const save = row.save;
    row.save = async (attributes, options) => {
      await this.confirm();
      return save.call(row, attributes, options);
    };
  }
}

/** The sender on whose behalf the code at hand runs. */
export const currentSender = new AsyncLocalStorage<Sender>();

/** Statements within a transaction of Ghost's. */
function sessionOn(transaction: Transaction): Session {
  return {
    rows: async (sql, values = []) => (await transaction.raw(sql, values))[0] as never,
    change: async (sql, values = []) =>
      ((await transaction.raw(sql, values))[0] as { affectedRows: number }).affectedRows,
  };
}
