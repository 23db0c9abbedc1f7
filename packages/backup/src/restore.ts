import { performance } from "node:perf_hooks";
import { backUp } from "./backup.ts";
import {
  examineContent,
  restoreContent,
  type ContentRestoration,
  type ContentRestored,
} from "./content/restoration.ts";
import type { Options, ServerOptions } from "./configuration/schema.ts";
import { listed } from "./dump/comparison.ts";
import { EXIT, Failure, withEffect } from "./failure.ts";
import { loadAndCompare, type Expected } from "./load/proven-load.ts";
import { createDatabase, createDefiners, dropDatabase, missingDefiners } from "./load/target.ts";
import type { Log } from "./log.ts";
import type { Catalogue } from "./manifest/catalogue.ts";
import type { Manifest } from "./manifest/schema.ts";
import { connect, type Connection } from "./mysql/connection.ts";
import { takeRunLock } from "./mysql/run-lock.ts";
import { examine, requireDefiners } from "./restore-examination.ts";
import { ScratchServers } from "./scratch/servers.ts";
import type { Store } from "./store/store.ts";
import { anyFrozen, thaw, type ThawRequest } from "./store/thaw.ts";
import { readDump } from "./stored-dump.ts";
import { dumpObjectOf, listKeysOf } from "./verify-backup.ts";

export interface RestoreRequest {
  readonly options: Options;
  readonly manifest: Manifest;
  readonly server: ServerOptions;
  /** Name of the database that it becomes. */
  readonly into: string;
  /** Whether a database that holds something may be replaced. */
  readonly replace: boolean;
  /** Whether accounts that its views and triggers run as may be made. */
  readonly definers: boolean;
  /** Undefined: the content is left alone. */
  readonly content: ContentRestoration | undefined;
  readonly identities: readonly string[];
  /** What to do when the dump is archived. */
  readonly thawing: Pick<ThawRequest, "wishes" | "onWait">;
  readonly store: Store;
  readonly catalogue: Catalogue;
  /** Makes what is loaded instead of the backup as it is, when nothing speaks against a restore. */
  readonly source?: () => Promise<Source>;
  readonly log: Log;
  readonly onRows?: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** What becomes the database. */
export interface Source {
  readonly text: () => AsyncIterable<Buffer>;
  readonly expected: Expected;
}

export interface Restored {
  readonly backup: string;
  readonly database: string;
  readonly tables: number;
  readonly rows: number;
  readonly seconds: number;
  /** Backup of what was replaced. */
  readonly safety: string | null;
  /** Buckets that got their objects back. */
  readonly content: readonly ContentRestored[];
}

/** Loads a backup into a server and compares what it then holds with the manifest. */
export async function restore(request: RestoreRequest): Promise<Restored> {
  const { manifest, server, into } = request;
  await bringBack(request);
  const begun = performance.now();
  const connection = await connect(server);
  try {
    const full = await examine(request, connection);
    // a damaged dump, or a key that does not fit, must not cost the database that it was to replace
    if (full && !request.source) await readToEnd(request);
    if (request.content) await examineContent(request.content);
    // first: it uses the scratch server as well; what is written meanwhile is in the binary log that is archived
    const safety = full ? await secure(request) : null;
    const source = (await request.source?.()) ?? dumpOf(request);
    await requireDefiners(request, connection, source.expected.definers);
    // no backup of a half-restored database
    const lock = await takeRunLock(connection, into);
    let content: ContentRestored[];
    try {
      content = await replaceBeside(request, connection, source, safety);
    } finally {
      await lock.release();
    }
    return {
      backup: manifest.name,
      database: into,
      tables: source.expected.tables.length,
      rows: source.expected.tables.reduce((sum, { rows }) => sum + rows, 0),
      seconds: Math.round(performance.now() - begun) / 1000,
      safety,
      content,
    };
  } finally {
    connection.destroy();
  }
}

/** An archived dump takes hours: what would refuse the restore is found before them, and looked at again after them. */
async function bringBack(request: RestoreRequest): Promise<void> {
  const { manifest, server, store, content, thawing, log, signal } = request;
  const keys = [manifest.object.key, ...(content ? listKeysOf(manifest) : [])];
  if (!(await anyFrozen(store, keys))) return;
  const connection = await connect(server);
  try {
    await examine(request, connection);
  } finally {
    connection.destroy();
  }
  await thaw({ store, keys, ...thawing, log, signal });
}

async function readToEnd({ manifest, store, identities, signal }: RestoreRequest): Promise<void> {
  for await (const chunk of readDump(store, dumpObjectOf(manifest), identities, signal)) void chunk;
}

/** The backup as it is. */
const dumpOf = ({ manifest, store, identities, signal }: RestoreRequest): Source => ({
  text: () => readDump(store, dumpObjectOf(manifest), identities, signal),
  expected: manifest,
});

/** A verified backup of what is about to be replaced. */
async function secure(request: RestoreRequest): Promise<string> {
  const { options, server, into, store, catalogue, log, signal } = request;
  const servers = new ScratchServers(options.scratch, signal);
  try {
    const scratch = servers.for.bind(servers);
    const made = await backUp({
      options,
      server,
      database: into,
      kind: "safety",
      // what is replaced of it is kept object by object
      content: [],
      store,
      catalogue,
      scratch,
      log,
      signal,
    });
    return made.name;
  } catch (error) {
    throw withEffect(
      error,
      `"${into}" was not changed: it is replaced only when a safety dump of it is verified.`,
      "Run it again.",
    );
  } finally {
    await servers.stop();
  }
}

async function replace(
  request: RestoreRequest,
  connection: Connection,
  { text, expected }: Source,
  safety: string | null,
): Promise<void> {
  const { options, manifest, server, into, log, onRows, signal } = request;
  log.info("restore begins", { backup: manifest.name, database: into, safety });
  try {
    await dropDatabase(connection, into);
    await createDatabase(connection, { ...expected.database, name: into });
    if (request.definers) await createDefiners(connection, await missingDefiners(connection, expected.definers), into);
    const found = await loadAndCompare(server, into, { text: text(), expected, options, onRows, signal });
    if (found.length > 0) throw unequal(into, found);
  } catch (error) {
    throw withEffect(error, ...halfDone(into, safety));
  }
  log.info("restore verified", { backup: manifest.name, database: into });
}

/** A database that cannot be loaded ends the copying; objects that cannot be copied do not end the loading. */
async function replaceBeside(
  request: RestoreRequest,
  connection: Connection,
  source: Source,
  safety: string | null,
): Promise<ContentRestored[]> {
  if (!request.content) {
    await replace(request, connection, source, safety);
    return [];
  }
  const stop = new AbortController();
  const signal = AbortSignal.any([request.signal, stop.signal]);
  const copying = restoreContent({ ...request.content, signal });
  copying.catch(() => {
    // told when the database is loaded
  });
  try {
    await replace(request, connection, source, safety);
  } catch (error) {
    stop.abort();
    await Promise.allSettled([copying]);
    throw error;
  }
  try {
    return await copying;
  } catch (error) {
    const effect = error instanceof Failure ? ` ${error.effect}` : "";
    throw withEffect(
      error,
      `The database "${request.into}" is restored and verified; its content is not whole.${effect}`,
      "Run it again with --content-only.",
    );
  }
}

function halfDone(into: string, safety: string | null): [effect: string, next: string] {
  const before = safety
    ? `What was in it before lies in the backup ${safety}.`
    : "It was empty before; nothing else on the server was changed.";
  const next = safety ? `Run it again, or \`backup restore ${safety} --replace\`.` : "Run it again with --replace.";
  return [`The database "${into}" is not whole and must not be used. ${before}`, next];
}

function unequal(into: string, found: readonly string[]): Failure {
  return new Failure(`"${into}" is not what the manifest says:\n${listed(found)}`, {
    effect: "",
    next: "Compare the versions of the two servers in the manifest.",
    exitCode: EXIT.mismatch,
  });
}
