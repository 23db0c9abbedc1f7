import type { Leadership } from "../deeds/leadership.ts";
import type { Surroundings } from "../surroundings.ts";
import { Doubt } from "./doubt.ts";
import { Resumption, type HasJob } from "./resumption.ts";
import { Sending } from "./sending.ts";
import { Unmade } from "./unmade.ts";

/**
 * Each newsletter goes to each address once, whatever becomes of the replicas meanwhile.
 * @param hasJob whether a job to send the e-mail waits or is under way, on whatever replica
 */
export function createNewsletters(surroundings: Surroundings, leadership: Leadership, hasJob: HasJob) {
  const resumption = new Resumption(surroundings, leadership, hasJob);
  const sending = new Sending(surroundings, (emailId) => resumption.began(emailId));
  const doubt = new Doubt(surroundings, leadership, hasJob);
  const unmade = new Unmade(surroundings, leadership);
  return {
    /** Before Ghost's boot. */
    install(): void {
      sending.install();
      resumption.install();
      unmade.install();
    },

    /** After Ghost's boot. */
    start(): void {
      resumption.start();
      doubt.start();
      unmade.start();
    },

    /** Claims no further batch; what is interrupted by that, another replica resumes. */
    stopClaiming(): void {
      resumption.stop();
      void unmade.stop();
      sending.stopClaiming();
    },

    stop(): void {
      resumption.stop();
      doubt.stop();
    },
  };
}
