import { randomInt } from "node:crypto";
import type { Ghost } from "../ghost/ghost.ts";
import type { RecurringJobs } from "./recurring-jobs.ts";
import { DEFAULT_QUEUE } from "./held-jobs.ts";

/** Of this package: Ghost has no job for it. */
export const MILESTONES = "replicas-milestones";

/**
 * Ghost looks for milestones once, up to three days after its boot, in each process: with frequent rollouts never, with
 * several processes at the same time. Here it is a job that comes once a day. To be called when Ghost's models exist.
 */
export function scheduleMilestonesByJob(ghost: Ghost, recurring: RecurringJobs): void {
  const cron = `${randomInt(60)} ${randomInt(60)} ${randomInt(24)} * * *`;
  ghost.use("milestones").scheduleRun = async (_customTimeout) => {
    await recurring.want({ type: MILESTONES, payload: "{}", queue: DEFAULT_QUEUE, cron });
    return {};
  };
}

export async function checkMilestones(ghost: Ghost): Promise<void> {
  const milestones = ghost.use("milestones");
  await milestones.init();
  await milestones.run();
}
