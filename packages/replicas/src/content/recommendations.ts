import { randomUUID } from "node:crypto";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { digestOf, type Facet } from "../coherence/facet.ts";
import type { Ghost } from "../ghost/ghost.ts";

/** `.well-known/recommendations.json` is a file of each replica, made of a table that all share. */
export function recommendationsFacet(ghost: Ghost): Facet {
  return {
    name: "recommendations",
    sql: `SELECT ${digestOf("id, url, created_at, COALESCE(updated_at, '')")} AS digest, NULL AS changed_at
      FROM recommendations`,
    async reload() {
      // undefined where the blog's configuration has turned recommendations off
      const { service, repository } = ghost.use("recommendations");
      if (service && repository) await service.updateWellknown(await repository.getAll({ page: 1, limit: "all" }));
    },
  };
}

/**
 * Ghost empties the file and then writes it; a reader in between gets a broken answer. It is written now for every
 * change of every replica, so it is made elsewhere and moved there. Before Ghost's boot.
 */
export function writeRecommendationsWhole(ghost: Ghost): void {
  const { WellknownService } = ghost.use("wellknownService");
  const { set } = WellknownService.prototype;
  WellknownService.prototype.set = async function (recommendations) {
    const { dir, urlUtils } = this;
    const draft = new WellknownService({ dir: join(dir, `.draft-${randomUUID()}`), urlUtils });
    try {
      await set.call(draft, recommendations);
      await mkdir(dirname(this.getPath()), { recursive: true });
      await rename(draft.getPath(), this.getPath());
    } finally {
      await rm(draft.dir, { recursive: true, force: true });
    }
  };
}
