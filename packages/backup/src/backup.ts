import { performance } from "node:perf_hooks";
import type { Options, ServerOptions } from "./configuration/schema.ts";
import { backUpContent, type ContentPlace, type WrittenObject } from "./content/content-backup.ts";
import { dumpToBucket, type Dumped } from "./dump-database.ts";
import { EXIT, Failure, NO_BACKUP, reasonOf, withEffect } from "./failure.ts";
import type { Log } from "./log.ts";
import type { Catalogue } from "./manifest/catalogue.ts";
import { dumpKey, formatName } from "./manifest/names.ts";
import type { Manifest, ManifestContent } from "./manifest/schema.ts";
import { requireClient } from "./mysql/client-version.ts";
import { connect, type Connection } from "./mysql/connection.ts";
import { takeRunLock } from "./mysql/run-lock.ts";
import {
  inexactColumns,
  readDatabase,
  readServer,
  requireTransactional,
  serverTime,
  type DatabaseFacts,
  type ServerFacts,
} from "./mysql/server.ts";
import { programVersions, type ProgramVersions } from "./program.ts";
import type { Scratch } from "./scratch/scratch.ts";
import { sideBySide } from "./side-by-side.ts";
import type { Store } from "./store/store.ts";
import { keyForOneRun, type KeyPair } from "./streams/encryption.ts";
import { verify } from "./verification.ts";

export interface BackupRequest {
  readonly options: Options;
  readonly server: ServerOptions;
  readonly database: string;
  readonly kind: Manifest["kind"];
  /** Buckets whose objects become part of the backup. */
  readonly content: readonly ContentPlace[];
  readonly store: Store;
  readonly catalogue: Catalogue;
  /** Started while the dump is made; the same one for all databases of a run. */
  readonly scratch: (source: ServerFacts) => Promise<Scratch>;
  readonly log: Log;
  readonly onBytes?: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** Dumps one database, proves the dump, and writes its manifest. @throws {Failure} with nothing left behind */
export async function backUp(request: BackupRequest): Promise<Manifest> {
  const connection = await connect(request.server);
  try {
    const lock = await takeRunLock(connection, request.database);
    try {
      return await backUpLocked(request, connection);
    } finally {
      await lock.release();
    }
  } finally {
    connection.destroy();
  }
}

interface Facts {
  readonly programs: ProgramVersions;
  readonly server: ServerFacts;
  readonly database: DatabaseFacts;
  readonly position: boolean;
  readonly inexact: readonly string[];
}

async function backUpLocked(request: BackupRequest, connection: Connection): Promise<Manifest> {
  const { options, log } = request;
  const begun = performance.now();
  const facts = await examine(request, connection);
  // awaited after the dump: it starts meanwhile
  const scratch = request.scratch(facts.server);
  scratch.catch(() => {});
  const oneRun = options.recipients.length > 0 ? await keyForOneRun() : undefined;
  const time = await serverTime(connection);
  const safety = request.kind === "safety";
  const name = formatName({ server: request.server.name, database: request.database, time, safety });
  const key = dumpKey(options.prefix, name, oneRun !== undefined);
  log.info("dump begins", { backup: name });
  const dumped = await sendDump(request, key, facts.position, oneRun?.recipient);
  const dumpedAt = performance.now();
  log.info("dump stored, not verified yet", { backup: name, bytes: dumped.contents.bytes, stored: dumped.size });
  const written: WrittenObject[] = [{ key, version: dumped.version }];
  try {
    const [server, content] = await sideBySide(
      request.signal,
      async (signal) => {
        const started = await scratch;
        await prove({ ...request, signal }, facts, started, dumped, key, oneRun?.identity);
        return started;
      },
      (signal) => mirror({ ...request, signal }, name, oneRun, written),
    );
    const timings = { begun, dumpedAt, ended: performance.now() };
    const made = { name, key, time, dumped, content, timings, scratch: server.version };
    const manifest = manifestOf(request, facts, made);
    await request.catalogue.write(manifest);
    log.info("backup verified", summaryOf(manifest));
    return manifest;
  } catch (error) {
    for (const object of written) await remove(request, object);
    throw withEffect(error, NO_BACKUP, "Run it again.");
  }
}

function sendDump(
  request: BackupRequest,
  key: string,
  position: boolean,
  recipient: string | undefined,
): Promise<Dumped> {
  const { options, server, database, log, onBytes, signal } = request;
  return dumpToBucket({
    account: server,
    database,
    position,
    stallMs: options.stallTimeout,
    store: request.store,
    key,
    partBytes: options.partBytes,
    compressionLevel: options.compressionLevel,
    recipients: recipient === undefined ? [] : [...options.recipients, recipient],
    log,
    signal,
    ...(onBytes && { onBytes }),
  });
}

/** What a run says of a backup that exists. */
export const summaryOf = ({ name, tables, object, dump, content, timings }: Manifest): object => ({
  backup: name,
  tables: tables.length,
  rows: tables.reduce((sum, { rows }) => sum + rows, 0),
  bytes: dump.bytes,
  stored: object.size,
  ...(content.length > 0 && { objects: content.reduce((sum, { objects }) => sum + objects, 0) }),
  seconds: timings.total,
});

/** Everything that would make a dump incomplete or untrue is found before it begins. */
async function examine({ server, database, options, log }: BackupRequest, connection: Connection): Promise<Facts> {
  const programs = await programVersions();
  const facts = await readServer(connection);
  requireClient(programs.mysqldump, facts.version);
  const found = await readDatabase(connection, database);
  if (!found) throw gone(database);
  const missing = facts.rights.missing(database);
  if (missing.length > 0) throw lacking(server, database, missing);
  await requireTransactional(connection, database);
  const possible = facts.binaryLog && facts.rights.mayNotePosition;
  if (options.position === "required" && !possible) throw noPosition(server, facts);
  const inexact = await inexactColumns(connection, database);
  if (inexact.length > 0) {
    log.warn("mysqldump writes six digits of FLOAT columns; make them DOUBLE to keep all", {
      columns: inexact.join(", "),
    });
  }
  const position = possible && options.position !== "none";
  return { programs, server: facts, database: found, position, inexact };
}

function prove(
  request: BackupRequest,
  facts: Facts,
  scratch: Scratch,
  dumped: Dumped,
  key: string,
  identity: string | undefined,
): Promise<void> {
  const { options, store, signal } = request;
  return verify({
    store,
    object: { key, size: dumped.size, sha256: dumped.sha256, encrypted: identity !== undefined },
    identities: identity === undefined ? [] : [identity],
    expected: { ...dumped.contents, database: facts.database },
    scratch,
    options,
    signal,
  });
}

function mirror(
  { options, content: places, store, log, signal }: BackupRequest,
  name: string,
  oneRun: KeyPair | undefined,
  written: WrittenObject[],
): Promise<ManifestContent[]> {
  const onWritten = (object: WrittenObject): void => void written.push(object);
  return backUpContent({ places, name, options, store, oneRun, onWritten, log, signal });
}

interface Made {
  readonly name: string;
  readonly key: string;
  readonly time: Date;
  readonly dumped: Dumped;
  readonly content: ManifestContent[];
  readonly timings: { readonly begun: number; readonly dumpedAt: number; readonly ended: number };
  readonly scratch: string;
}

const seconds = (ms: number): number => Math.round(ms) / 1000;

function manifestOf({ options, server, kind }: BackupRequest, facts: Facts, made: Made): Manifest {
  const { contents, size, sha256 } = made.dumped;
  const { begun, dumpedAt, ended } = made.timings;
  const { recipients } = options;
  return {
    format: 1,
    name: made.name,
    kind,
    versions: { ...facts.programs, server: facts.server.version },
    server: { name: server.name, uuid: facts.server.uuid, lowerCaseTableNames: facts.server.lowerCaseTableNames },
    database: facts.database,
    snapshot: { time: made.time.toISOString(), position: contents.position },
    object: {
      key: made.key,
      size,
      sha256,
      compression: "zstd",
      encryption: recipients.length > 0 ? { type: "age", recipients: [...recipients] } : null,
    },
    dump: { bytes: contents.bytes },
    tables: [...contents.tables],
    definitions: [...contents.definitions],
    definers: [...contents.definers],
    content: made.content,
    inexact: [...facts.inexact],
    timings: {
      dump: seconds(dumpedAt - begun),
      verification: seconds(ended - dumpedAt),
      total: seconds(ended - begun),
    },
    // by the server's clock as well: it ran on from the snapshot for as long
    verified: { at: new Date(made.time.getTime() + ended - begun).toISOString(), server: made.scratch },
  };
}

/** Credentials that cannot delete are the better ones: then a dump without a manifest stays, and is no backup. */
async function remove({ store, log }: BackupRequest, { key, version }: WrittenObject): Promise<void> {
  try {
    await store.delete(key, version);
  } catch (error) {
    log.warn("the dump that was not verified stays in the bucket; no manifest names it", {
      key,
      reason: reasonOf(error),
    });
  }
}

function gone(database: string): Failure {
  return new Failure(`There is no database "${database}".`, {
    effect: NO_BACKUP,
    next: "Correct the list of databases, or find out who dropped it; its backups are still there.",
    exitCode: EXIT.unavailable,
  });
}

function lacking({ user }: ServerOptions, database: string, missing: readonly string[]): Failure {
  return new Failure(`The account "${user}" lacks rights for a whole dump of "${database}": ${missing.join("; ")}.`, {
    effect: `A dump would be without what it may not see, and say nothing. ${NO_BACKUP}`,
    next: missing.map((rights) => `GRANT ${rights} TO the account.`).join(" "),
    exitCode: EXIT.forbidden,
  });
}

function noPosition({ user }: ServerOptions, { binaryLog }: ServerFacts): Failure {
  return new Failure(
    binaryLog
      ? `The account "${user}" may not ask for the place in the binary log.`
      : "The server writes no binary log.",
    {
      effect: NO_BACKUP,
      next: binaryLog
        ? 'GRANT FLUSH_TABLES, REPLICATION CLIENT ON *.* TO the account, or set position to "auto".'
        : 'Turn the log on, or set position to "auto".',
      exitCode: binaryLog ? EXIT.forbidden : EXIT.unavailable,
    },
  );
}
