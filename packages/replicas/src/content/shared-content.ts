import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Facet } from "../coherence/facet.ts";
import { EXIT, Failure, reasonOf } from "../failure.ts";
import type { Surroundings } from "../surroundings.ts";
import { Objects } from "./objects.ts";
import { Pointers } from "./pointers.ts";
import { recommendationsFacet, writeRecommendationsWhole } from "./recommendations.ts";
import { installRedirects, shareRedirects } from "./redirects.ts";
import { installRoutes, shareRoutes } from "./routes.ts";
import { ThemeFolder } from "./theme-folder.ts";
import { isBroken, ThemeStore } from "./theme-store.ts";
import { Themes } from "./themes.ts";

/** A bucket or a database that restarts is back by then; Kubernetes starts the replica again after it. */
const PATIENCE_MS = 2 * 60_000;

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

/** What Ghost keeps on disk, the same on all replicas. */
export interface SharedContent {
  /** Puts the bucket behind Ghost's stores. Before Ghost's boot. */
  install(): void;
  /**
   * Brings this replica's disk up to date. Before Ghost's boot, once the tables exist.
   * @throws {Failure} when the bucket may not be used, or it or the database cannot be reached for two minutes
   */
  pull(): Promise<void>;
  /** What the poll looks at and reloads. */
  readonly facets: readonly Facet[];
}

export function shareContent(surroundings: Surroundings): SharedContent {
  const { ghost, database, id, bucket, metrics } = surroundings;
  const { config } = ghost;
  const parts = {
    surroundings,
    pointers: new Pointers(database, id),
    objects: new Objects(bucket, metrics),
    folder: new ThemeFolder(config.getContentPath("themes")),
  };
  const themes = new Themes(surroundings, new ThemeStore(parts), parts.folder);
  const routes = shareRoutes(parts);
  const redirects = shareRedirects(parts);
  return {
    install() {
      themes.install();
      installRoutes(parts, routes);
      installRedirects(parts, redirects);
      writeRecommendationsWhole(ghost);
    },
    async pull() {
      await bucket.require();
      await patiently(surroundings, async () => [
        ...(await themes.pull()),
        ...(await failureOf(routes.pull())),
        ...(await failureOf(redirects.pull())),
      ]);
    },
    facets: [themes.facet, routes.facet, redirects.facet, recommendationsFacet(ghost)],
  };
}

async function failureOf(work: Promise<void>): Promise<unknown[]> {
  try {
    await work;
    return [];
  } catch (error) {
    return [error];
  }
}

/** Waits for what can come back; what is broken in the bucket does not keep a replica from starting. */
async function patiently({ log }: Surroundings, pull: () => Promise<unknown[]>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    const failures = await pull().catch((error: unknown) => [error]);
    const transient = failures.filter((error) => !isBroken(error));
    if (transient.length === 0) {
      for (const error of failures) log.error("Content of the bucket cannot be used; the poll tries again", error);
      return;
    }
    const reason = reasonOf(transient[0]);
    if (performance.now() + wait > end) {
      throw new Failure(`Themes, routes and redirects could not be fetched from the bucket: ${reason}`, {
        effect: "Ghost was not started: its pages would lack their theme. Nothing was changed.",
        next: "Look whether the bucket of the block `replicas` exists and can be reached from here with its keys.",
        exitCode: EXIT.unavailable,
        cause: transient[0],
      });
    }
    log.warn(`Themes, routes and redirects could not be fetched yet; trying again in ${wait / 1000} s: ${reason}`);
    await sleep(wait);
  }
}
