import { spawn } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { EXIT, Failure, interrupted } from "../failure.ts";
import { placeOf, type Account } from "../mysql/account.ts";
import { gather } from "../mysql/complaint.ts";
import { LOGIN_PATH, openLoginFile } from "../mysql/login-file.ts";
import { MAGIC } from "./events.ts";

/** A server that gives nothing for so long has gone without saying so. */
const SILENCE_MS = 30_000;
const LOOK_MS = 1000;

/** Farthest place that can be asked for; what lies behind it is fetched with all that is before it. */
const MAX_POSITION = 2 ** 32 - 1;

export interface LogRequest {
  readonly account: Account;
  readonly name: string;
  /** Beginning of an event; 0: the whole file. */
  readonly from: number;
  /** Folder that the file is written into. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

export interface FetchedLog {
  readonly path: string;
  /** Where the server has what the file holds behind its first event; that one is always there. */
  readonly from: number;
}

/**
 * The options of a fetch.
 * @see https://dev.mysql.com/doc/refman/9.7/en/mysqlbinlog-backup.html
 */
export function fetchArguments({ name, from, folder }: Pick<LogRequest, "name" | "from" | "folder">): string[] {
  return [
    `--defaults-file=${LOGIN_PATH}`,
    "--read-from-remote-server",
    "--raw",
    `--start-position=${Math.max(from, MAGIC.length)}`,
    `--result-file=${folder}/`,
    "--",
    name,
  ];
}

/**
 * Fetches a file of the server's log, from a place to its end as it is now: mysqlbinlog does not wait for more.
 * @throws {Failure} when it is not there, ends with another code than 0, or the server falls silent
 */
export async function fetchLog(request: LogRequest): Promise<FetchedLog> {
  const { account, name, folder, signal } = request;
  if (signal.aborted) throw interrupted();
  const from = request.from > MAX_POSITION ? 0 : request.from;
  const path = join(folder, name);
  const login = openLoginFile(account);
  const child = spawn("mysqlbinlog", fetchArguments({ name, from, folder }), {
    stdio: ["ignore", "ignore", "pipe", login.fd],
    env: { ...process.env, TZ: "UTC" },
  });
  login.close();
  const complaint = gather(child.stderr as Readable);
  let silent = false;
  const watch = growth(path, () => {
    silent = true;
    child.kill("SIGKILL");
  });
  const stop = (): void => void child.kill("SIGKILL");
  signal.addEventListener("abort", stop, { once: true });
  try {
    const [code, killed] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    if (signal.aborted) throw interrupted();
    if (code !== 0) throw failed(request, silent ? "it was silent" : complaint(), killed ?? `exit code ${code}`);
    return { path, from };
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "ENOENT" ? missingProgram(error, "mysqlbinlog") : error;
  } finally {
    watch.end();
    signal.removeEventListener("abort", stop);
  }
}

/** Strikes when a file has stopped growing. */
function growth(path: string, strike: () => void): { end(): void } {
  let size = -1;
  let since = performance.now();
  const look = async (): Promise<void> => {
    const found = await stat(path).catch(() => undefined);
    if (found && found.size !== size) {
      size = found.size;
      since = performance.now();
    } else if (performance.now() - since > SILENCE_MS) strike();
  };
  const timer = setInterval(() => void look(), LOOK_MS).unref();
  return { end: () => clearInterval(timer) };
}

function failed({ account, name }: LogRequest, said: string, ending: string): Failure {
  const denied = /access denied|REPLICATION SLAVE|\b(?:1044|1045|1227)\b/i.test(said);
  const reason = said.trim() || "it said nothing";
  return new Failure(`mysqlbinlog did not get ${name} of ${placeOf(account)} (${ending}): ${reason}.`, {
    effect: "What is in the bucket is untouched; the rest is archived when it works again.",
    next: denied ? "GRANT REPLICATION SLAVE ON *.* TO the account." : "See whether the server is well.",
    exitCode: denied ? EXIT.forbidden : EXIT.unavailable,
  });
}

export function missingProgram(cause: unknown, program: string): Failure {
  return new Failure(`There is no program ${program}.`, {
    effect: "Nothing was changed.",
    next: "Install the MySQL client of the server's version or newer. Not every image of MySQL has this program: see the README of docker/backup.",
    exitCode: EXIT.unavailable,
    cause,
  });
}
