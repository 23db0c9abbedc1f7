import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";

const LOOK_MS = 100;

/**
 * Asks again and again until there is nothing to complain of.
 * @param complaint answers with what is not yet as it should be; undefined when all is well
 * @returns the last complaint when the time is up; undefined when all became well
 */
export async function until(
  complaint: () => Promise<string | undefined>,
  withinMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const deadline = performance.now() + withinMs; ;) {
    const found = await complaint();
    if (found === undefined || performance.now() >= deadline) return found;
    // its own error would hide the reason
    await sleep(LOOK_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
