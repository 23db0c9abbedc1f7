import type { Surroundings } from "../surroundings.ts";
import { Announcement } from "./announcement.ts";
import type { Facet } from "./facet.ts";
import { replay } from "./replay.ts";

const NAME = "site";

/** By an index of Ghost's: what was edited by hand or restored has no version. */
const newest = (type: "post" | "page"): string =>
  `(SELECT MAX(updated_at) FROM posts WHERE type = '${type}' AND status = 'published')`;

/**
 * Whatever changes pages: Ghost says so with `site.changed` in the process that took the change, and empties its
 * sitemap and its public caches.
 */
export class Site {
  readonly facet: Facet;
  readonly #surroundings: Surroundings;
  readonly #announcement: Announcement;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.facet = {
      name: NAME,
      sql: `SELECT CONCAT_WS('|', MAX(version), ${newest("post")}, ${newest("page")}) AS digest,
            MAX(changed_at) AS changed_at FROM replicas_versions WHERE name = '${NAME}'`,
      reload: async () => replay(surroundings.ghost, "site.changed"),
    };
    this.#announcement = new Announcement(NAME, surroundings);
  }

  /** Listens to Ghost's own event. To be called after Ghost's boot. */
  start(): void {
    const announcement = this.#announcement;
    // known by its name to `replay`
    this.#surroundings.ghost.use("events").on("site.changed", function announceSite() {
      announcement.make();
    });
    announcement.start();
  }

  /** The last request of a process that ends may have changed something. */
  settle(): Promise<void> {
    return this.#announcement.settle();
  }
}
