import { listed } from "./dump/comparison.ts";
import { EXIT, Failure } from "./failure.ts";
import { loadAndCompare, type Expected, type ProvenLoad } from "./load/proven-load.ts";
import { createDatabase, createDefiners } from "./load/target.ts";
import type { Connection } from "./mysql/connection.ts";
import { borrow, type Scratch } from "./scratch/scratch.ts";
import { readDump, type DumpObject } from "./stored-dump.ts";
import type { Store } from "./store/store.ts";

export interface VerificationRequest {
  readonly store: Store;
  readonly object: DumpObject;
  readonly identities: readonly string[];
  readonly expected: Expected;
  readonly scratch: Scratch;
  readonly options: ProvenLoad["options"];
  readonly signal: AbortSignal;
}

/**
 * Proves a dump: reads it from the bucket, loads it into an empty server, and compares tables, rows and definitions.
 * @throws {Failure} with what differs
 */
export async function verify(request: VerificationRequest): Promise<void> {
  const { expected, scratch } = request;
  const { admin, giveBack } = await borrow(scratch, expected.database.name);
  try {
    await prove(request, admin);
  } finally {
    await giveBack();
  }
}

/** @param admin a connection to the scratch server, which must have no database of this name */
export async function prove(request: VerificationRequest, admin: Connection): Promise<void> {
  const { store, object, identities, expected, scratch, options, signal } = request;
  const { name } = expected.database;
  await createDatabase(admin, expected.database);
  await createDefiners(admin, expected.definers, name);
  const text = readDump(store, object, identities, signal);
  const found = await loadAndCompare(scratch.account, name, { text, expected, options, signal });
  if (found.length > 0) throw different(name, found);
}

function different(database: string, found: readonly string[]): Failure {
  return new Failure(`"${database}" is not the same after it was dumped and loaded:\n${listed(found)}`, {
    effect: "The dump proves nothing, so it is no backup; earlier ones are untouched.",
    next: "Compare the versions of mysqldump, of the server and of the scratch server.",
    exitCode: EXIT.mismatch,
  });
}
