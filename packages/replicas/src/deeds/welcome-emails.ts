import type { Lease } from "../database/leases.ts";
import { giveUp, takeTurn } from "../database/turn.ts";
import type { WelcomeEmailPollOptions } from "../ghost/modules.ts";
import { wrap } from "../ghost/wrap.ts";
import type { Surroundings } from "../surroundings.ts";

/** A poll that was not heard of for so long has lost its turn. */
const LEASE_MS = 10_000;

/** A poll sends at most 100 e-mails. */
const WAIT_MS = 30_000;

/** A poll that could not be made is made after this time. */
const AGAIN_MS = 15_000;

type MemberWelcomeEmails = WelcomeEmailPollOptions["memberWelcomeEmailService"];

/**
 * Welcome e-mails: one replica at a time looks which are due, because Ghost reads them before it claims them. To be
 * called before `services/automations/service.js` is loaded, which keeps the function that it finds.
 */
export function serialiseWelcomeEmails({ ghost, leases, metrics, log }: Surroundings): void {
  const failed = (error: unknown) => log.error("The lease of the welcome e-mails could not be renewed", error);
  wrap(ghost.use("welcomeEmailPoll"), "welcomeEmailAutomationPoll", async (poll, _module, options) => {
    const again = () => void options.enqueueAnotherPollAt(new Date(Date.now() + AGAIN_MS));
    let lease: Lease | undefined;
    try {
      lease = await takeTurn(leases, "welcome-emails", { durationMs: LEASE_MS, waitMs: WAIT_MS, failed });
      if (!lease) return again();
      await poll({ ...options, memberWelcomeEmailService: fenced(options.memberWelcomeEmailService, lease) });
      metrics.deeds.inc({ deed: "welcome-emails", outcome: "ok" });
    } catch (error) {
      metrics.deeds.inc({ deed: "welcome-emails", outcome: "failed" });
      log.error("Welcome e-mails could not be looked for", error);
      again();
    } finally {
      if (lease) await giveUp(lease, failed);
    }
  });
}

/**
 * Sends only while the turn is ours: a poll that hung between reading and claiming finds others' e-mails when it wakes
 * up. Ghost takes the refusal for a failed sending: what was claimed and not sent is tried again after ten minutes.
 */
function fenced(service: MemberWelcomeEmails, lease: Lease): MemberWelcomeEmails {
  return {
    init: () => service.init(),
    // read when it is used: Ghost makes it in init()
    get api() {
      const { api } = service;
      return {
        loadMemberWelcomeEmails: () => api.loadMemberWelcomeEmails(),
        async send(options: object) {
          if (!(await lease.renew()))
            throw new Error("This poll took too long; another replica may have sent the e-mail");
          return api.send(options);
        },
      };
    },
  };
}
