import type { Surroundings } from "../surroundings.ts";
import { ActivityPub } from "./activitypub.ts";
import { leadEmailAnalytics } from "./email-analytics.ts";
import type { Leadership } from "./leadership.ts";
import { doOnceAnHour } from "./once-an-hour.ts";
import { StripeWebhooks } from "./stripe-webhooks.ts";
import { leadTinybirdSync } from "./tinybird-sync.ts";
import { serialiseWelcomeEmails } from "./welcome-emails.ts";

/** What Ghost does in every process and must be done once. */
export function createDeeds(surroundings: Surroundings, leadership: Leadership) {
  const activityPub = new ActivityPub(surroundings, leadership);
  const stripe = new StripeWebhooks(surroundings);
  return {
    facets: [stripe.facet],

    /** Before Ghost's boot. */
    install(): void {
      leadEmailAnalytics(surroundings, leadership);
      activityPub.install();
      serialiseWelcomeEmails(surroundings);
      stripe.install();
      leadTinybirdSync(surroundings, leadership);
      doOnceAnHour(surroundings);
    },

    /** After Ghost's boot. */
    start(): void {
      activityPub.start();
      stripe.start();
    },

    stop(): void {
      activityPub.stop();
    },
  };
}
