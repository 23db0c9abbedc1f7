import { setTimeout as sleep } from "node:timers/promises";
import type { Ghost } from "../ghost/ghost.ts";

const LOOK_MS = 200;

/**
 * Resolves when Ghost's older queue of this process is empty: the import of a whole site, and before 6.65 that of
 * members. Those jobs are functions and live in this process only, so that all there is to do is to wait for them.
 */
export async function siteImportsOver(ghost: Ghost, signal: AbortSignal): Promise<void> {
  const { inlineQueue } = ghost.use("legacyJobs");
  while (!inlineQueue.idle() && !signal.aborted) await sleep(LOOK_MS);
}
