import { isDeadlock } from "../database/database.ts";
import type { Leadership } from "../deeds/leadership.ts";
import { wrap } from "../ghost/wrap.ts";
import { Rounds } from "../rounds.ts";
import type { Surroundings } from "../surroundings.ts";

const LOOK_MS = 15_000;

/** Between its publication and its e-mail a post may wait for a slow database; when it is older, nobody comes back to it. */
const SETTLE_SECONDS = 30;

/** What was published before is no news any more, and may have been brought here by an import. */
const LONGEST_AGE_SECONDS = 3600;

/** Posts that are published together lock each other's neighbours in the table of e-mails. */
const MOST_DEADLOCKS = 5;

/**
 * Ghost publishes a post and then makes the e-mail of its newsletter: a process that dies between the two, or a database
 * that refuses the second, leaves a newsletter that is never sent, and nothing to press Retry on. Here the leader makes
 * it. A post has at most one e-mail, by the database: what Ghost makes meanwhile is not made twice.
 */
export class Unmade {
  readonly #surroundings: Surroundings;
  readonly #leadership: Leadership;
  readonly #rounds: Rounds;
  readonly #tried = new Set<string>();

  constructor(surroundings: Surroundings, leadership: Leadership) {
    this.#surroundings = surroundings;
    this.#leadership = leadership;
    this.#rounds = new Rounds({
      failure: "Newsletters that were not made could not be looked for",
      everyMs: LOOK_MS,
      work: () => this.#look(),
      log: surroundings.log,
    });
  }

  /** A deadlock of one statement has changed nothing: it is done again. */
  install(): void {
    wrap(this.#surroundings.ghost.use("emailService").prototype, "createEmail", async (create, _service, ...given) => {
      for (let deadlocks = 1; ; deadlocks += 1) {
        try {
          return await create(...given);
        } catch (error) {
          if (!isDeadlock(error) || deadlocks >= MOST_DEADLOCKS) throw error;
        }
      }
    });
  }

  start(): void {
    this.#rounds.start();
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  async #look(): Promise<void | "idle"> {
    if (!this.#leadership.held) return "idle";
    for (const postId of await this.#unmade()) {
      if (this.#tried.has(postId) || !(await this.#leadership.confirm())) continue;
      this.#tried.add(postId);
      await this.#make(postId);
    }
    return undefined;
  }

  async #make(postId: string): Promise<void> {
    const { ghost, metrics, log } = this.#surroundings;
    log.warn(`The post ${postId} was published without the e-mail of its newsletter: making it now`);
    let outcome = "failed";
    try {
      const post = await ghost.use("models").Post.findOne({ id: postId, status: "all" });
      if (post) await ghost.use("emailServiceWrapper").service.createEmail(post);
      outcome = "ok";
    } catch (error) {
      log.error(`The newsletter of the post ${postId} could not be made`, error);
    }
    metrics.deeds.inc({ deed: "make-newsletter", outcome });
  }

  /** Ghost notes the newsletter in the post only if it is to be sent. */
  async #unmade(): Promise<string[]> {
    const rows = await this.#surroundings.database.rows<{ id: string }>(
      `SELECT p.id FROM posts p WHERE p.published_at > UTC_TIMESTAMP() - INTERVAL ? SECOND
         AND p.published_at < UTC_TIMESTAMP() - INTERVAL ? SECOND AND p.updated_at < UTC_TIMESTAMP() - INTERVAL ? SECOND
         AND p.type = 'post' AND p.status IN ('published', 'sent') AND p.newsletter_id IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM emails e WHERE e.post_id = p.id)`,
      [LONGEST_AGE_SECONDS, SETTLE_SECONDS, SETTLE_SECONDS],
    );
    return rows.map(({ id }) => id);
  }
}
