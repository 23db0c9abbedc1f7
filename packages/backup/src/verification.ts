import type { Options } from "./configuration/schema.ts";
import { ContentsReader, type Contents } from "./dump/contents.ts";
import { differences, listed } from "./dump/comparison.ts";
import { EXIT, Failure } from "./failure.ts";
import { createDatabase, createDefiners, dropDatabase, load, readBack } from "./load/target.ts";
import type { Manifest } from "./manifest/schema.ts";
import { connect, type Connection } from "./mysql/connection.ts";
import type { Scratch } from "./scratch/scratch.ts";
import { requireFree } from "./scratch/scratch.ts";
import { readDump, type DumpObject } from "./stored-dump.ts";
import type { Store } from "./store/store.ts";

/** What a dump must turn out to be. */
export type Expected = Pick<Contents, "tables" | "definitions" | "definers"> & Pick<Manifest, "database">;

export interface VerificationRequest {
  readonly store: Store;
  readonly object: DumpObject;
  readonly identities: readonly string[];
  readonly expected: Expected;
  readonly scratch: Scratch;
  readonly options: Pick<Options, "loadConnections" | "deferIndexesFrom" | "stallTimeout">;
  readonly signal: AbortSignal;
}

/**
 * Proves a dump: reads it from the bucket, loads it into an empty server, and compares tables, rows and definitions.
 * @throws {Failure} with what differs
 */
export async function verify(request: VerificationRequest): Promise<void> {
  const { expected, scratch } = request;
  const { name } = expected.database;
  await requireFree(scratch.account, name);
  const admin = await connect(scratch.account);
  try {
    await loadAndCompare(request, admin);
  } finally {
    await dropDatabase(admin, name).catch(() => {
      // a server that does not answer any more has been stopped, or keeps a database that the next run names
    });
    admin.destroy();
  }
}

/** @param admin a connection to the scratch server, which must have no database of this name */
export async function loadAndCompare(request: VerificationRequest, admin: Connection): Promise<void> {
  const { expected, scratch, signal } = request;
  const { loadConnections: connections, deferIndexesFrom, stallTimeout: stallMs } = request.options;
  const { name } = expected.database;
  await createDatabase(admin, expected.database);
  await createDefiners(admin, expected.definers, name);
  const text = readDump(request.store, request.object, request.identities, signal);
  const settings = { connections, deferIndexesFrom, signal };
  await load(scratch.account, name, { text, tables: expected.tables }, settings);
  const loaded = await readBack(scratch.account, name, new ContentsReader(), { stallMs, signal });
  const found = [...differences(expected, loaded), ...loaded.counted];
  if (found.length > 0) throw different(name, found);
}

export function different(database: string, found: readonly string[]): Failure {
  return new Failure(`"${database}" is not the same after it was dumped and loaded:\n${listed(found)}`, {
    effect: "The dump proves nothing, so it is no backup; earlier ones are untouched.",
    next: "Compare the versions of mysqldump, of the server and of the scratch server.",
    exitCode: EXIT.mismatch,
  });
}
