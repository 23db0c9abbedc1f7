import { giveUp } from "../database/turn.ts";
import { wrap } from "../ghost/wrap.ts";
import type { Surroundings } from "../surroundings.ts";
import { findScheduledPost } from "./scheduled-post.ts";

const TOLERANCE = "times:publishAPostBySchedulerToleranceInMinutes";

/** A machine's clock that is wrong by less publishes in time. Ghost's own tolerance is five minutes. */
const WRONG_BY_MINUTES = 24 * 60;

/** Of Ghost's own: there was nothing to publish. */
const NOTHING = { scheduledResource: null, preScheduledResource: null };

/**
 * Ghost decides by the clock of its machine whether a scheduled post may be published, with a tolerance of minutes. Here
 * the database's clock decides, to the millisecond, at the last moment before Ghost publishes: a request that was held
 * up, or one for a time that was changed meanwhile, publishes nothing. And Ghost ignores a second request for a post as
 * long as it publishes it, but for those of other processes, with which it would deadlock: here the first of all
 * replicas publishes it. To be called after Ghost's boot.
 */
export function guardPublishing(surroundings: Surroundings): void {
  const { ghost, leases, options, log } = surroundings;
  const failed = (error: unknown) => log.error("The lease for publishing a post could not be renewed", error);
  ghost.config.set(TOLERANCE, WRONG_BY_MINUTES);
  wrap(ghost.use("postPublishing"), "publish", async (publish, _module, type, id, force, more) => {
    const lease = await leases.acquire(`publish:${id}`, options.leaseDuration);
    if (!lease) return nothing(surroundings, "under way");
    lease.keep(failed);
    try {
      const post = await findScheduledPost(surroundings.database, id);
      if (post && post.waitMs > 0) return nothing(surroundings, "too early");
      return await publish(type, id, force, more);
    } finally {
      await giveUp(lease, failed);
    }
  });
}

function nothing({ metrics }: Surroundings, outcome: string): typeof NOTHING {
  metrics.deeds.inc({ deed: "schedule", outcome });
  return NOTHING;
}
