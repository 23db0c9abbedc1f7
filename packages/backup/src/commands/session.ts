import { readOptions } from "../configuration/options.ts";
import type { Options, ServerOptions } from "../configuration/schema.ts";
import { EXIT, Failure } from "../failure.ts";
import { jsonLog, plainLog, type Log } from "../log.ts";
import { Catalogue } from "../manifest/catalogue.ts";
import { Store } from "../store/store.ts";
import type { Io } from "./io.ts";
import { Progress } from "./progress.ts";

export interface CommonFlags {
  readonly config?: string;
  readonly json?: true;
}

/** What every command works with. */
export interface Session {
  readonly options: Options;
  readonly store: Store;
  readonly catalogue: Catalogue;
  readonly log: Log;
  /** @param total bytes, when they are known */
  progress(label: string, total?: number): Progress;
  /** Keeps lines of the log off what changes on a terminal; the last one shown counts. */
  show<T extends { pause(): void }>(line: T): T;
}

export function openSession({ config }: CommonFlags, io: Io): Session {
  const options = readOptions(config, io);
  const store = new Store(options);
  let shown: { pause(): void } | undefined;
  const write = (line: string): void => {
    shown?.pause();
    io.stderr.write(line);
  };
  // people get sentences, whoever collects logs gets JSON
  const log = io.stderr.isTTY ? plainLog(write) : jsonLog(write);
  const show = <T extends { pause(): void }>(line: T): T => {
    shown = line;
    return line;
  };
  return {
    options,
    store,
    catalogue: new Catalogue(store, options.prefix),
    log,
    progress: (label, total) => show(new Progress(io.stderr, label, total, (text) => log.info(text))),
    show,
  };
}

/** The server that a command means: the named one, or the only one. */
export function serverNamed(options: Options, name: string | undefined): ServerOptions {
  const found = name === undefined ? options.servers[0] : options.servers.find((server) => server.name === name);
  const unclear = name === undefined && options.servers.length > 1;
  if (found && !unclear) return found;
  const known = options.servers.map((server) => server.name).join(", ");
  throw new Failure(unclear ? "There are several servers." : `There is no server "${name}" in the configuration.`, {
    effect: "Nothing was changed.",
    next: `Say which one with --server: ${known}.`,
    exitCode: EXIT.usage,
  });
}
