import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EXIT, Failure, interrupted, reasonOf } from "../failure.ts";
import type { Account } from "../mysql/account.ts";
import { connect } from "../mysql/connection.ts";

const READY_MS = 180_000;
const ASK_AGAIN_MS = 100;

/** The last lines of the server's log, for an error. */
const LOG_LINES = 5;

/**
 * Nothing on this server outlives the run: it waits for no disk and writes no log. No event runs, nobody but this
 * program reaches it, and big rows pass.
 */
const FLAGS = [
  "--skip-networking",
  "--mysqlx=OFF",
  "--skip-log-bin",
  "--event-scheduler=OFF",
  "--innodb-flush-log-at-trx-commit=0",
  "--innodb-doublewrite=OFF",
  "--innodb-buffer-pool-size=128M",
  "--innodb-log-buffer-size=16M",
  "--performance-schema=OFF",
  "--max-allowed-packet=1G",
  "--innodb-ft-min-token-size=3",
];

export interface OwnServer {
  readonly account: Account;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

export interface OwnServerRequest {
  readonly directory: string | undefined;
  /** As the server has it that is dumped: it decides what a table's name is. */
  readonly lowerCaseTableNames: number;
  readonly signal: AbortSignal;
}

/** Starts an empty server from the `mysqld` of this machine, on a socket in a folder of its own. */
export async function startOwnServer({ directory, lowerCaseTableNames, signal }: OwnServerRequest): Promise<OwnServer> {
  const folder = await mkdtemp(join(directory ?? tmpdir(), "scratch-")).catch((error: unknown) => {
    throw broken(`its folder cannot be made: ${reasonOf(error)}`, error);
  });
  const log = join(folder, "error.log");
  const common = [
    "--no-defaults",
    `--datadir=${join(folder, "data")}`,
    `--log-error=${log}`,
    `--lower-case-table-names=${lowerCaseTableNames}`,
    // by default a folder that no user but mysql may look into, and without it the server does not even make its data
    "--secure-file-priv=NULL",
    // mysqld refuses to be root unless it is told to be
    ...(process.getuid?.() === 0 ? ["--user=root"] : []),
  ];
  const socket = join(folder, "s");
  let server: ChildProcess | undefined;
  const stop = async (): Promise<void> => {
    if (server) await kill(server);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await initialize([...common, "--initialize-insecure"], log, signal);
    server = run([...common, ...FLAGS, `--socket=${socket}`, `--pid-file=${join(folder, "pid")}`]);
    const account: Account = { socket, user: "root", tls: "off" };
    await answers(server, account, log, signal);
    return { account, stop };
  } catch (error) {
    await stop();
    throw signal.aborted ? interrupted() : error;
  }
}

const run = (argv: readonly string[]): ChildProcess => spawn("mysqld", argv, { stdio: "ignore" });

async function initialize(argv: readonly string[], log: string, signal: AbortSignal): Promise<void> {
  const child = run(argv);
  const stop = (): void => void child.kill("SIGKILL");
  signal.addEventListener("abort", stop, { once: true });
  try {
    const [code] = (await once(child, "exit")) as [number | null];
    if (code !== 0) throw broken(`its data could not be made (exit code ${code}): ${await lastLines(log)}`);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "ENOENT" ? broken("there is no program mysqld", error) : error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

async function answers(server: ChildProcess, account: Account, log: string, signal: AbortSignal): Promise<void> {
  // one that cannot be started says so to everybody who listens
  server.on("error", () => {});
  for (const deadline = Date.now() + READY_MS; ; await sleep(ASK_AGAIN_MS)) {
    signal.throwIfAborted();
    if (server.exitCode !== null || server.signalCode !== null) throw broken(`it ended: ${await lastLines(log)}`);
    try {
      const connection = await connect(account);
      connection.destroy();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw broken(`it does not answer: ${await lastLines(log)}`, error);
    }
  }
}

/** Nobody needs its data: it is not asked to put them in order. */
async function kill(server: ChildProcess): Promise<void> {
  if (server.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, "exit");
  server.kill("SIGKILL");
  await ended;
}

async function lastLines(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch(() => "it left no log");
  return text.trim().split("\n").slice(-LOG_LINES).join("\n");
}

function broken(why: string, cause?: unknown): Failure {
  return new Failure(`The scratch server could not be started: ${why}.`, {
    effect: "No dump could be tried, so there is no new backup; earlier ones are untouched.",
    next: "Give its folder more room (scratch.directory), or name a server that is there (scratch.host).",
    exitCode: EXIT.unavailable,
    cause,
  });
}
