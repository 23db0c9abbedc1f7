import { isMissingTable, type Database } from "../database/database.ts";
import { Leases, type Lease } from "../database/leases.ts";
import { EXIT, Failure } from "../failure.ts";
import { replicaId } from "../replica-id.ts";
import { until } from "./until.ts";

/** Held by the check that runs; one that is killed keeps the next one waiting for so long. */
const NAME = "check";
const LEASE_MS = 15_000;

/** A check takes a few seconds, and longer only where it fails. */
const WAIT_MS = 120_000;

/** Waits until no other check runs, so that none takes the work of another for its remains. */
export async function takeTurn(database: Database, signal: AbortSignal): Promise<Lease> {
  const leases = new Leases(database, replicaId());
  let lease: Lease | undefined;
  const attempt = async (): Promise<string | undefined> => {
    lease = await leases.acquire(NAME, LEASE_MS);
    return lease ? undefined : "another check runs";
  };
  try {
    await until(attempt, WAIT_MS, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw isMissingTable(error) ? neverStarted(error) : error;
  }
  if (!lease) throw busy(await leases.holder(NAME));
  // one that cannot be renewed is no longer trusted, and by that the check ends
  lease.keep(() => {});
  return lease;
}

function neverStarted(cause: unknown): Failure {
  return new Failure("The database has no table replicas_leases: no replica has ever started on it.", {
    effect: "Nothing was checked or changed.",
    next: "Start the blog with ghost-replica, and check it once a replica is ready.",
    exitCode: EXIT.unavailable,
    cause,
  });
}

function busy(holder = "nobody any more"): Failure {
  return new Failure(`Another check has not ended within ${WAIT_MS / 1000} s; it is run by ${holder}.`, {
    effect: "Nothing was checked or changed.",
    next: "Wait for it, or look why it hangs; once it is gone its remains are removed by the next check.",
    exitCode: EXIT.temporary,
  });
}
