import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Leases } from "../database/leases.ts";
import { EXIT, Failure } from "../failure.ts";
import type { Log } from "../log.ts";
import { Rounds } from "../rounds.ts";

/** A replica that has not been heard of for so long is gone. */
const PRESENCE_MS = 10_000;

/** A replica that was stopped needs a moment to go, one that was killed is forgotten after its presence. */
const PATIENCE_MS = 20_000;

const LOOK_MS = 1000;

/** So often the presence is noted in its time: two notes may fail. */
const NOTES = 4;

const TOGETHER = "replica:";
const ALONE = "alone:";

export interface CompanyOptions {
  readonly leases: Leases;
  readonly id: string;
  readonly log: Log;
  /** Why this replica must be the only one; undefined when it need not. */
  readonly aloneBecause: string | undefined;
}

/**
 * Notes that this replica exists, so that one that must be alone does not start beside others, nor others beside it.
 * Under the boot lock: two that start together see each other.
 * @throws {Failure} when the company is not the right one and stays so
 */
export async function joinCompany({ leases, id, log, aloneBecause }: CompanyOptions): Promise<void> {
  const unwanted = aloneBecause === undefined ? [ALONE] : [ALONE, TOGETHER];
  const began = performance.now();
  for (let told = false; ; told = true) {
    const others = (await Promise.all(unwanted.map((prefix) => leases.held(prefix)))).flat();
    if (others.length === 0) break;
    if (performance.now() - began > PATIENCE_MS) throw tooMany(others, aloneBecause);
    if (!told) log.info(`Waiting for ${nameOf(others)} to end: ${reasonFor(aloneBecause)}`);
    await sleep(LOOK_MS);
  }
  const name = `${aloneBecause === undefined ? TOGETHER : ALONE}${id}`;
  let lease = await leases.acquire(name, PRESENCE_MS);
  const note = async () => {
    // after the database was away for longer the name is free again
    if (!(await lease?.renew())) lease = await leases.acquire(name, PRESENCE_MS);
  };
  await leases
    .sweep()
    .catch((error: unknown) => log.error("Names of replicas that are gone could not be forgotten", error));
  const failure = "The presence of this replica could not be noted";
  new Rounds({ failure, everyMs: PRESENCE_MS / NOTES, work: note, log }).start();
}

function tooMany(others: readonly string[], aloneBecause: string | undefined): Failure {
  return new Failure(`${nameOf(others)} is running, and ${reasonFor(aloneBecause)}.`, {
    effect: "Ghost was not started.",
    next: aloneBecause
      ? "Run one replica (in Kubernetes: replicas 1, strategy Recreate), or remove the reason."
      : "Stop that one first: its log says why it must be alone.",
    exitCode: EXIT.unavailable,
  });
}

function nameOf(others: readonly string[]): string {
  return others.map((name) => name.replace(/^[^:]+:/, "replica ")).join(", ");
}

function reasonFor(aloneBecause: string | undefined): string {
  return aloneBecause ? `this one must be alone: ${aloneBecause}` : "that one must be alone";
}
