import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { EXIT, Failure, interrupted } from "../failure.ts";
import type { Account } from "../mysql/account.ts";
import { gather } from "../mysql/complaint.ts";
import { LOGIN_PATH, openLoginFile } from "../mysql/login-file.ts";
import { missingProgram } from "./fetch-log.ts";

/**
 * The options that make statements of a log on standard input.
 * @see https://dev.mysql.com/doc/refman/9.7/en/mysqlbinlog.html
 */
export const replayArguments = (database: string): string[] => [
  "--no-defaults",
  // the server that it goes to gives numbers of its own
  "--skip-gtids",
  "--verify-binlog-checksum",
  `--database=${database}`,
  "-",
];

const CLIENT_ARGUMENTS = [
  `--defaults-file=${LOGIN_PATH}`,
  // values are bytes
  "--binary-mode",
  "--max-allowed-packet=1G",
];

export interface ReplayRequest {
  readonly account: Account;
  readonly database: string;
  /** The log. */
  readonly bytes: AsyncIterable<Buffer>;
  readonly signal: AbortSignal;
}

interface Ending {
  readonly code: number | null;
  readonly said: string;
}

/**
 * Repeats on a server what a log says: mysqlbinlog makes statements of it, mysql runs them.
 * @throws {Failure} when the log, or one of the two programs, does not come to a good end; what was repeated until then
 *   stays
 */
export async function replay({ account, database, bytes, signal }: ReplayRequest): Promise<void> {
  if (signal.aborted) throw interrupted();
  const login = openLoginFile(account);
  const reader = spawn("mysqlbinlog", replayArguments(database), { stdio: "pipe", env: { ...process.env, TZ: "UTC" } });
  const client = spawn("mysql", CLIENT_ARGUMENTS, { stdio: ["pipe", "ignore", "pipe", login.fd] });
  login.close();
  const stop = (): void => {
    reader.kill("SIGKILL");
    client.kill("SIGKILL");
  };
  signal.addEventListener("abort", stop, { once: true });
  const results = await Promise.allSettled([
    pipeline(Readable.from(bytes, { objectMode: false }), reader.stdin),
    endOf(client),
    endOf(reader),
    pipeline(reader.stdout, client.stdin as Writable),
  ]);
  signal.removeEventListener("abort", stop);
  if (signal.aborted) throw interrupted();
  const [source, clientEnd, readerEnd, between] = results;
  // whoever fails breaks the pipes of the others: the first cause is worth more than its echo
  if (source.status === "rejected" && source.reason instanceof Failure) throw source.reason;
  requireEnd(database, "mysql", clientEnd);
  requireEnd(database, "mysqlbinlog", readerEnd);
  for (const pipe of [source, between]) if (pipe.status === "rejected") throw pipe.reason;
}

async function endOf(child: ChildProcess): Promise<Ending> {
  const complaint = gather(child.stderr as Readable);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, said: complaint().trim() };
}

function requireEnd(database: string, program: string, ending: PromiseSettledResult<Ending>): void {
  if (ending.status === "rejected") {
    throw (ending.reason as NodeJS.ErrnoException).code === "ENOENT"
      ? missingProgram(ending.reason, program)
      : ending.reason;
  }
  const { code, said } = ending.value;
  if (code === 0) return;
  const reason = said || "it said nothing";
  throw new Failure(
    `The binary log could not be repeated for "${database}": ${program} ended with ${code}: ${reason}`,
    {
      effect: "Nothing was changed.",
      next: "Take an earlier moment, or a backup that was made behind it. Compare the versions of the two servers.",
      exitCode: EXIT.mismatch,
    },
  );
}
