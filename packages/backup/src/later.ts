import { DatabaseLog } from "./binlog/database-log.ts";
import { readSegments } from "./binlog/read-segment.ts";
import { replay } from "./binlog/replay.ts";
import type { Route } from "./binlog/route.ts";
import type { Options } from "./configuration/schema.ts";
import { ContentsReader } from "./dump/contents.ts";
import { EXIT, Failure } from "./failure.ts";
import { readBack } from "./load/target.ts";
import type { Log } from "./log.ts";
import type { Manifest } from "./manifest/schema.ts";
import { mysqldump } from "./mysql/mysqldump.ts";
import { readDatabase } from "./mysql/server.ts";
import type { Source } from "./restore.ts";
import { borrow, type Borrowed, type Scratch } from "./scratch/scratch.ts";
import { ScratchServers } from "./scratch/servers.ts";
import type { Store } from "./store/store.ts";
import { prove } from "./verification.ts";
import { dumpObjectOf } from "./verify-backup.ts";

export interface LaterRequest {
  readonly options: Options;
  readonly manifest: Manifest;
  readonly route: Route;
  /** Last moment whose commits count; undefined: all do. */
  readonly until: Date | undefined;
  readonly identities: readonly string[];
  readonly store: Store;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * A backup that is brought to a later moment, in a scratch server: a log that names other databases, or drops one, meets
 * nothing there that anybody needs, and the database becomes any name afterwards. Where a log cannot be repeated, the
 * server that is restored into does not notice.
 */
export class Later {
  /** Committed last of what was repeated. */
  lastCommit: Date | undefined;
  transactions = 0;
  readonly #request: LaterRequest;
  readonly #servers: ScratchServers;
  #borrowed: Borrowed | undefined;

  constructor(request: LaterRequest) {
    this.#request = request;
    this.#servers = new ScratchServers(request.options.scratch, request.signal);
  }

  /** @throws {Failure} and nothing was changed where it would be restored into */
  async source(): Promise<Source> {
    const { options, manifest, store, identities, signal } = this.#request;
    const { name } = manifest.database;
    const scratch = await this.#servers.for(manifest.server);
    this.#borrowed = await borrow(scratch, name);
    const { admin } = this.#borrowed;
    const object = dumpObjectOf(manifest);
    await prove({ store, object, identities, expected: manifest, scratch, options, signal }, admin);
    await this.#repeat(scratch);
    const database = await readDatabase(admin, name);
    if (!database) throw dropped(name, this.lastCommit);
    const reading = { stallMs: options.stallTimeout, signal };
    const { account } = scratch;
    const { counted, ...contents } = await readBack(account, name, new ContentsReader(), reading);
    if (counted.length > 0)
      throw new Error(`The scratch server counts otherwise than mysqldump: ${counted.join("; ")}`);
    return {
      text: () => mysqldump({ account, database: name, position: false, ...reading }),
      expected: { ...contents, database },
    };
  }

  async end(): Promise<void> {
    await this.#borrowed?.giveBack();
    await this.#servers.stop();
  }

  async #repeat({ account }: Scratch): Promise<void> {
    const { manifest, route, until, identities, store, log, signal } = this.#request;
    const { position } = manifest.snapshot;
    if (!position) throw new Error(`${manifest.name} does not know its place in the binary log.`);
    const database = manifest.database.name;
    const history = new DatabaseLog({ database, from: position, until: until?.getTime() });
    const bytes = history.bytes(readSegments(route, { store, identities, signal }));
    log.info("binary log is repeated", { backup: manifest.name, from: `${position.file} ${position.offset}` });
    await replay({ account, database, bytes, signal });
    this.transactions = history.transactions;
    this.lastCommit = history.lastCommit === undefined ? undefined : new Date(history.lastCommit);
  }
}

function dropped(database: string, lastCommit: Date | undefined): Failure {
  const time = lastCommit ? `, after the commit of ${lastCommit.toISOString()}` : "";
  return new Failure(`At that moment there was no database "${database}"${time}.`, {
    effect: "Nothing was changed.",
    next: "Take a moment before it was dropped.",
    exitCode: EXIT.unavailable,
  });
}
