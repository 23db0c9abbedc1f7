import { shareContent } from "./content/shared-content.ts";
import { keysFacet } from "./coherence/keys.ts";
import { offersFacet } from "./coherence/offers.ts";
import { Poll } from "./coherence/poll.ts";
import { settingsFacet } from "./coherence/settings.ts";
import { Site } from "./coherence/site.ts";
import { serialiseThemeSync, themeSettingsFacet } from "./coherence/theme-settings.ts";
import { serialiseTiers, tiersFacet } from "./coherence/tiers.ts";
import { createDeeds } from "./deeds/deeds.ts";
import { Leadership } from "./deeds/leadership.ts";
import { createJobs } from "./jobs/jobs.ts";
import { createNewsletters } from "./newsletters/newsletters.ts";
import { createSchedules } from "./schedules/schedules.ts";
import type { Surroundings } from "./surroundings.ts";

export type Rooms = ReturnType<typeof openRooms>;

/** All that makes a replica one of many, wired together. */
export function openRooms(surroundings: Surroundings) {
  const { leases, options, log } = surroundings;
  const leadership = new Leadership({ leases, durationMs: options.leaseDuration, log });
  const content = shareContent(surroundings);
  const jobs = createJobs(surroundings, leadership);
  const schedules = createSchedules(surroundings, leadership);
  const newsletters = createNewsletters(surroundings, leadership, (emailId) =>
    jobs.has("send-email", (payload) => payload.emailId === emailId),
  );
  const deeds = createDeeds(surroundings, leadership);
  const site = new Site(surroundings);
  // a theme's files come before the setting that makes it the active one, and the site after all that it shows
  const poll = new Poll(surroundings, [
    ...content.facets,
    settingsFacet(surroundings),
    themeSettingsFacet(surroundings),
    tiersFacet(surroundings),
    offersFacet(surroundings),
    keysFacet(surroundings),
    ...schedules.facets,
    ...deeds.facets,
    site.facet,
  ]);

  return {
    poll,
    leadership,

    /** Before Ghost's boot. */
    install(): void {
      serialiseThemeSync(surroundings);
      serialiseTiers(surroundings);
      content.install();
      jobs.install();
      schedules.install();
      newsletters.install();
      deeds.install();
    },

    /** Before Ghost's boot, once the tables exist. */
    pull: () => content.pull(),

    /** After Ghost's boot. */
    async start(): Promise<void> {
      site.start();
      await poll.look();
      poll.start();
      leadership.start();
      jobs.start();
      schedules.start();
      newsletters.start();
      deeds.start();
    },

    /** Takes up no more work, and lets another replica lead. */
    async stopClaiming(): Promise<void> {
      newsletters.stopClaiming();
      schedules.stop();
      deeds.stop();
      await leadership.stop();
      await jobs.release();
    },

    /** Waits for what is under way. */
    async settle(): Promise<void> {
      await jobs.settled(options.drainTimeout);
      newsletters.stop();
    },

    /** After the last request. */
    leave: () => site.settle(),
  };
}
