import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Lease, Leases } from "./leases.ts";

const LOOK_MS = 250;

export interface TurnOptions {
  readonly durationMs: number;
  /** Longest wait for whoever holds the name. */
  readonly waitMs: number;
  /** Time between two attempts, a quarter of a second unless it is said. */
  readonly everyMs?: number;
  /** Told each time that the lease could not be renewed. */
  readonly failed: (error: unknown) => void;
}

/** Takes a name, waiting for its holder, and keeps it until it is released; undefined when the wait was in vain. */
export async function takeTurn(leases: Leases, name: string, options: TurnOptions): Promise<Lease | undefined> {
  const { durationMs, waitMs, everyMs = LOOK_MS, failed } = options;
  const began = performance.now();
  for (;;) {
    const lease = await leases.acquire(name, durationMs);
    lease?.keep(failed);
    if (lease || performance.now() - began >= waitMs) return lease;
    await sleep(everyMs, undefined, { ref: false });
  }
}

/** Gives a name up; when that fails, it is free once its time is over. */
export async function giveUp(lease: Lease, failed: (error: unknown) => void): Promise<void> {
  await lease.release().catch(failed);
}
