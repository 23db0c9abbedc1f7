import { wrap } from "../ghost/wrap.ts";
import type { Surroundings } from "../surroundings.ts";

const HOUR_MS = 60 * 60 * 1000;

/**
 * What Ghost does in every process some minutes after its boot: of all that boot within an hour, the first one does it.
 * It asks other sites for their data, and writes what it learns.
 */
export function doOnceAnHour(surroundings: Surroundings): void {
  const { ghost } = surroundings;
  const { RecommendationService } = ghost.use("recommendationService");
  wrap(RecommendationService.prototype, "updateAllRecommendationsMetadata", async (update) => {
    if (await isFirst(surroundings, "recommendations-metadata")) await update();
  });
  wrap(ghost.use("mentionsApi").prototype, "refreshMentions", async (refresh, _api, options) => {
    if (await isFirst(surroundings, "incoming-recommendations")) await refresh(options);
  });
  wrap(ghost.use("explorePing").ExplorePingService.prototype, "ping", async (ping) => {
    if (await isFirst(surroundings, "explore-ping")) await ping();
  });
}

/** Never rejects: Ghost does not wait for all of them. A deed that cannot be agreed on is left to the next boot. */
async function isFirst({ leases, metrics, log }: Surroundings, deed: string): Promise<boolean> {
  try {
    // held until its hour is over: nobody gives it up
    const first = (await leases.acquire(`hourly:${deed}`, HOUR_MS)) !== undefined;
    if (first) metrics.deeds.inc({ deed, outcome: "ok" });
    return first;
  } catch (error) {
    metrics.deeds.inc({ deed, outcome: "failed" });
    log.error(`Whether another replica does it could not be seen: ${deed}`, error);
    return false;
  }
}
