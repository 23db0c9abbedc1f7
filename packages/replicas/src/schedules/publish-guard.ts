import { wrap } from "../ghost/wrap.ts";
import type { Surroundings } from "../surroundings.ts";
import { findScheduledPost } from "./scheduled-post.ts";

const TOLERANCE = "times:publishAPostBySchedulerToleranceInMinutes";

/** A machine's clock that is wrong by less publishes in time. Ghost's own tolerance is five minutes. */
const WRONG_BY_MINUTES = 24 * 60;

/**
 * Ghost decides by the clock of its machine whether a scheduled post may be published, with a tolerance of minutes. Here
 * the database's clock decides, to the millisecond, at the last moment before Ghost publishes: a request that was held
 * up, or one for a time that was changed meanwhile, publishes nothing. To be called after Ghost's boot.
 */
export function guardPublishing({ ghost, database, metrics }: Surroundings): void {
  ghost.config.set(TOLERANCE, WRONG_BY_MINUTES);
  wrap(ghost.use("postPublishing"), "publish", async (publish, _module, type, id, force, options) => {
    const post = await findScheduledPost(database, id);
    if (post && post.waitMs > 0) {
      metrics.deeds.inc({ deed: "schedule", outcome: "too early" });
      return { scheduledResource: null, preScheduledResource: null };
    }
    return publish(type, id, force, options);
  });
}
