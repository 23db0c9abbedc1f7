import type { Leadership } from "../deeds/leadership.ts";
import type { Surroundings } from "../surroundings.ts";
import type { HasJob } from "./resumption.ts";
import { explain, undecided } from "./undecided.ts";

/** It is for people to read: there is no hurry. */
const LOOK_MS = 15_000;

/** As in Ghost: what is older is no news any more. */
const LONGEST_AGE_MS = 24 * 60 * 60 * 1000;

/**
 * Shows the batches whose sender was lost, and finishes e-mails of which none is in doubt any more: a sender that hung
 * and woke up has noted the provider's answer, or a person has.
 */
export class Doubt {
  readonly #surroundings: Surroundings;
  readonly #leadership: Leadership;
  readonly #hasJob: HasJob;
  /** Batches of an e-mail that were told of. */
  readonly #told = new Map<string, string>();
  readonly #finished = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(surroundings: Surroundings, leadership: Leadership, hasJob: HasJob) {
    this.#surroundings = surroundings;
    this.#leadership = leadership;
    this.#hasJob = hasJob;
  }

  start(): void {
    this.#timer = setInterval(() => void this.look(), LOOK_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#show(0, 0);
  }

  async look(): Promise<void> {
    try {
      if (this.#leadership.held) {
        await this.#tell();
        await this.#finish();
      } else {
        // the leader's figures are the blog's; those of the others would be counted twice
        this.#show(0, 0);
      }
    } catch (error) {
      this.#surroundings.log.error("Batches in doubt could not be looked for", error);
    }
  }

  async #tell(): Promise<void> {
    const { database, log } = this.#surroundings;
    const found = await undecided(database);
    this.#show(
      found.reduce((sum, { batchIds }) => sum + batchIds.length, 0),
      found.reduce((sum, { recipients }) => sum + recipients, 0),
    );
    for (const [emailId, batches] of this.#told) {
      if (found.some((email) => email.emailId === emailId)) continue;
      this.#told.delete(emailId);
      log.info(`No recipient of the newsletter ${emailId} is in doubt any more (batches ${batches})`);
    }
    for (const email of found) {
      const batches = email.batchIds.join(", ");
      if (this.#told.get(email.emailId) === batches) continue;
      this.#told.set(email.emailId, batches);
      log.warn(explain(email), { email });
    }
  }

  #show(batches: number, recipients: number): void {
    const { metrics } = this.#surroundings;
    metrics.batchesInDoubt.set(batches);
    metrics.recipientsInDoubt.set(recipients);
  }

  /** As if somebody pressed Retry, once: with nothing failed and nothing in doubt, nobody can get it twice by that. */
  async #finish(): Promise<void> {
    const { ghost, metrics, log } = this.#surroundings;
    for (const emailId of await this.#acceptedYetFailed()) {
      if (this.#finished.has(emailId) || (await this.#hasJob(emailId)) || !(await this.#leadership.confirm())) continue;
      this.#finished.add(emailId);
      const email = await ghost.use("models").Email.findOne({ id: emailId });
      if (!email) continue;
      log.info(`All batches of the newsletter ${emailId} were accepted though it counts as failed: finishing it`);
      const outcome = await ghost
        .use("emailServiceWrapper")
        .service.retryEmail(email)
        .then(() => "ok")
        .catch((error: unknown) => {
          log.error(`The newsletter ${emailId} could not be finished`, error);
          return "failed";
        });
      metrics.deeds.inc({ deed: "finish-newsletter", outcome });
    }
  }

  async #acceptedYetFailed(): Promise<string[]> {
    const { database, ghost } = this.#surroundings;
    const { config } = ghost;
    const ageMs = Number(config.get("bulkEmail:resumeMaxAgeMs") ?? LONGEST_AGE_MS);
    const rows = await database.rows<{ id: string }>(
      `SELECT e.id FROM emails e WHERE e.status = 'failed' AND e.created_at > UTC_TIMESTAMP() - INTERVAL ? SECOND
         AND EXISTS (SELECT 1 FROM email_batches b WHERE b.email_id = e.id)
         AND NOT EXISTS (SELECT 1 FROM email_batches b WHERE b.email_id = e.id AND b.status <> 'submitted')`,
      [Math.round(ageMs / 1000)],
    );
    return rows.map(({ id }) => id);
  }
}
