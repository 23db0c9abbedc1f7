import type { EmailAnalyticsWrapper } from "../ghost/modules.ts";
import { wrap } from "../ghost/wrap.ts";
import type { Surroundings } from "../surroundings.ts";
import type { Leadership } from "./leadership.ts";

/**
 * What became of each e-mail is fetched from the provider by the leader only. Ghost's timers run everywhere, so that
 * another replica goes on at its next one when the leader is lost.
 */
export function leadEmailAnalytics({ ghost, metrics, log }: Surroundings, leadership: Leadership): void {
  const { prototype } = ghost.use("emailAnalytics").EmailAnalyticsServiceWrapper;
  // Ghost does not wait for a fetch that it starts again by itself: this must not reject.
  wrap(prototype, "startFetch", async (fetch, analytics) => {
    try {
      if (!(await leadership.confirm())) return;
      await adoptBackfill(analytics);
      await fetch();
      metrics.deeds.inc({ deed: "email-analytics", outcome: "ok" });
    } catch (error) {
      metrics.deeds.inc({ deed: "email-analytics", outcome: "failed" });
      log.error("Events of e-mails could not be fetched", error);
    }
  });
}

/** A fetch of past events that was asked of another replica: Ghost keeps it in memory and notes it in the database. */
async function adoptBackfill({ service }: EmailAnalyticsWrapper): Promise<void> {
  if (!service.getStatus().scheduled?.schedule) await service.restoreScheduled();
}
