import { performance } from "node:perf_hooks";
import { backUp, summaryOf } from "./backup.ts";
import { belongs } from "./configuration/content.ts";
import { chooseDatabases } from "./configuration/databases.ts";
import type { ContentOptions, Options, ServerOptions } from "./configuration/schema.ts";
import { EXIT, Failure, NO_BACKUP, reasonOf, type ExitCode } from "./failure.ts";
import type { Log } from "./log.ts";
import { Catalogue } from "./manifest/catalogue.ts";
import type { Manifest } from "./manifest/schema.ts";
import { connect } from "./mysql/connection.ts";
import { listDatabases } from "./mysql/server.ts";
import { ScratchServers } from "./scratch/servers.ts";
import type { Store } from "./store/store.ts";
import type { Outcome } from "./telling/metrics.ts";
import type { Notice } from "./telling/notice.ts";
import { Telling } from "./telling/telling.ts";

/** Stands for all databases of a server that did not even say which it has. */
const ALL = "*";

export interface Night {
  readonly options: Options;
  readonly store: Store;
  readonly log: Log;
  /** Told what is being done, for a person who watches. */
  readonly onBytes?: (database: string, bytes: number) => void;
  readonly signal: AbortSignal;
}

export interface NightReport {
  readonly backups: readonly Manifest[];
  readonly notices: readonly Notice[];
  readonly exitCode: ExitCode;
}

/**
 * Backs up every database of every server, one after the other. One that fails keeps no other from its backup; the
 * exit code is that of the first failure.
 */
export async function backUpAll(night: Night): Promise<NightReport> {
  const { options, log, signal } = night;
  const telling = new Telling(options, log);
  const scratch = new ScratchServers(options.scratch, signal);
  const run = new Run(night, scratch);
  await telling.begun();
  try {
    for (const server of options.servers) await run.server(server);
    run.requireBackedUp(options.content);
  } finally {
    await scratch.stop();
  }
  const outcomes = await run.outcomes();
  await telling.ended(outcomes, run.exitCode !== EXIT.ok, new Date());
  return { backups: run.backups, notices: run.notices, exitCode: run.exitCode };
}

class Run {
  readonly backups: Manifest[] = [];
  readonly notices: Notice[] = [];
  exitCode: ExitCode = EXIT.ok;
  readonly #night: Night;
  readonly #scratch: ScratchServers;
  readonly #catalogue: Catalogue;

  constructor(night: Night, scratch: ScratchServers) {
    this.#night = night;
    this.#scratch = scratch;
    this.#catalogue = new Catalogue(night.store, night.options.prefix);
  }

  async server(server: ServerOptions): Promise<void> {
    const begun = performance.now();
    try {
      const { chosen, unmet } = await this.#databases(server);
      // what was dropped by mistake yesterday must not be silent tonight
      for (const pattern of unmet) this.#failed(server, pattern, begun, nothingMeets(pattern));
      for (const database of chosen) await this.database(server, database);
    } catch (error) {
      this.#failed(server, ALL, begun, error);
    }
  }

  /** Content of a database that nobody dumps is in no backup, which must not be silent. */
  requireBackedUp(content: readonly ContentOptions[]): void {
    for (const one of content) {
      const { database } = one;
      const tried = this.notices.some(
        (notice) => notice.database === ALL || belongs(one, notice.server, notice.database),
      );
      if (tried || database === undefined) continue;
      const server = this.#night.options.servers.find(({ name }) => name === (one.server ?? name));
      if (server) this.#failed(server, database, performance.now(), contentOfNothing(one));
    }
  }

  async database(server: ServerOptions, database: string): Promise<void> {
    const begun = performance.now();
    const { options, store, log, signal, onBytes } = this.#night;
    try {
      signal.throwIfAborted();
      const manifest = await backUp({
        options,
        server,
        database,
        kind: "backup",
        content: options.content.filter((content) => belongs(content, server.name, database)),
        store,
        catalogue: this.#catalogue,
        scratch: (source) => this.#scratch.for(source),
        log,
        signal,
        ...(onBytes && { onBytes: (bytes: number) => onBytes(database, bytes) }),
      });
      this.backups.push(manifest);
      const { backup, ...figures } = summaryOf(manifest) as { backup: string } & Pick<Notice, "seconds">;
      this.notices.push({ event: "success", server: server.name, database, backup, ...figures, exitCode: EXIT.ok });
    } catch (error) {
      this.#failed(server, database, begun, signal.aborted ? stopped(error) : error);
    }
  }

  /**
   * When the newest good backup was made, also of a server that did not answer: the age of its backups is what an alert
   * is for. A bucket that does not answer was told of already.
   */
  async outcomes(): Promise<Outcome[]> {
    const all = await Promise.all(this.notices.map((notice) => this.#outcomesOf(notice)));
    return all.flat();
  }

  async #outcomesOf(notice: Notice): Promise<Outcome[]> {
    const whole = notice.database === ALL;
    const names = await this.#catalogue.list(notice.server, whole ? undefined : notice.database).catch(() => []);
    const newest = new Map(names.filter(({ safety }) => !safety).map(({ database, time }) => [database, time]));
    if (!whole || newest.size === 0) return [{ notice, lastGood: newest.get(notice.database) }];
    return [...newest].map(([database, lastGood]) => ({ notice: { ...notice, database }, lastGood }));
  }

  async #databases(server: ServerOptions): Promise<{ chosen: string[]; unmet: string[] }> {
    const connection = await connect(server);
    try {
      return chooseDatabases(await listDatabases(connection), server.databases);
    } finally {
      connection.destroy();
    }
  }

  #failed(server: ServerOptions, database: string, begun: number, error: unknown): void {
    const failure = error instanceof Failure ? error : undefined;
    const exitCode = failure?.exitCode ?? EXIT.failed;
    if (this.exitCode === EXIT.ok) this.exitCode = exitCode;
    const seconds = Math.round(performance.now() - begun) / 1000;
    const told = { effect: failure?.effect, next: failure?.next, exitCode };
    this.#night.log.error("backup failed", error, { server: server.name, database, ...told });
    const next = failure ? { next: failure.next } : {};
    this.notices.push({
      event: "failure",
      server: server.name,
      database,
      seconds,
      reason: reasonOf(error),
      ...next,
      exitCode,
    });
  }
}

function stopped(error: unknown): unknown {
  return error instanceof Failure && error.exitCode === EXIT.interrupted
    ? error
    : new Failure("It was asked to stop.", {
        effect: NO_BACKUP,
        next: "Run it again.",
        exitCode: EXIT.interrupted,
        cause: error,
      });
}

function nothingMeets(pattern: string): Failure {
  return new Failure(`No database is named "${pattern}", or the account may not see it.`, {
    effect: "It was not dumped; earlier backups are untouched.",
    next: "Correct the list of databases, give the account rights, or find out who dropped it.",
    exitCode: EXIT.unavailable,
  });
}

function contentOfNothing({ bucket, database }: ContentOptions): Failure {
  return new Failure(`The content of "${bucket}" belongs to the database "${database}", which was not dumped.`, {
    effect: "It is in no backup; earlier backups are untouched.",
    next: "Correct the list of databases, or the database of the content.",
    exitCode: EXIT.usage,
  });
}
