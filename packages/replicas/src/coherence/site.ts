import { Rounds } from "../rounds.ts";
import type { Surroundings } from "../surroundings.ts";
import type { Facet } from "./facet.ts";
import { replay } from "./replay.ts";

const NAME = "site";

/** By an index of Ghost's: what was edited by hand or restored has no version. */
const newest = (type: "post" | "page"): string =>
  `(SELECT MAX(updated_at) FROM posts WHERE type = '${type}' AND status = 'published')`;

/** What could not be announced is tried again so often. */
const RETRY_MS = 1000;

/**
 * Whatever changes pages: Ghost says so with `site.changed` in the process that took the change, and empties its
 * sitemap and its public caches.
 */
export class Site {
  readonly facet: Facet;
  readonly #surroundings: Surroundings;
  readonly #announcements: Rounds;
  /** How many changes there were here, and how many of them the other replicas can know of. */
  #changes = 0;
  #announced = 0;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.facet = {
      name: NAME,
      sql: `SELECT CONCAT_WS('|', MAX(version), ${newest("post")}, ${newest("page")}) AS digest,
            MAX(changed_at) AS changed_at FROM replicas_versions WHERE name = '${NAME}'`,
      reload: async () => replay(surroundings.ghost, "site.changed"),
    };
    this.#announcements = new Rounds({
      failure: "A change of the site could not be announced to the other replicas",
      everyMs: RETRY_MS,
      work: () => this.#announce(),
      log: surroundings.log,
    });
  }

  /** Listens to Ghost's own event. To be called after Ghost's boot. */
  start(): void {
    const changed = () => {
      this.#changes += 1;
      void this.#announcements.anew();
    };
    // known by its name to `replay`
    this.#surroundings.ghost.use("events").on("site.changed", function announceSite() {
      changed();
    });
    this.#announcements.start();
  }

  /** Announces what is not announced yet: the last request of a process that ends may have changed something. */
  async settle(): Promise<void> {
    await this.#announcements.anew();
    await this.#announcements.stop();
  }

  async #announce(): Promise<void | "idle"> {
    const changes = this.#changes;
    if (changes === this.#announced) return "idle";
    const { database, id } = this.#surroundings;
    await database.change(
      `INSERT INTO replicas_versions (name, version, changed_by, changed_at) VALUES (?, 1, ?, UTC_TIMESTAMP(3))
       ON DUPLICATE KEY UPDATE version = version + 1, changed_by = ?, changed_at = UTC_TIMESTAMP(3)`,
      [NAME, id, id],
    );
    this.#announced = changes;
  }
}
