import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { EXIT, Failure, NO_BACKUP, interrupted, reasonOf } from "../failure.ts";
import { placeOf, type Account } from "./account.ts";
import { gather } from "./complaint.ts";
import { LOGIN_PATH, openLoginFile } from "./login-file.ts";

/** It says these with every dump of one database, and they mean nothing here. */
const HARMLESS =
  /partial dump from a server that has GTIDs|--set-gtid-purged|--all-databases|unknown option '--loose-|^\s*$/;

export interface DumpRequest {
  readonly account: Account;
  readonly database: string;
  /** Note the place in the binary log; takes a global read lock for as long as the snapshot begins. */
  readonly position: boolean;
  /** Longest silence. */
  readonly stallMs: number;
  readonly signal: AbortSignal;
}

/**
 * The options of a dump.
 * @see https://dev.mysql.com/doc/refman/9.7/en/mysqldump.html
 */
export function dumpArguments({ database, position }: Pick<DumpRequest, "database" | "position">): string[] {
  return [
    // first, or it is not understood; and no other option file of the machine counts
    `--defaults-file=${LOGIN_PATH}`,
    "--single-transaction",
    "--quick",
    "--routines",
    "--triggers",
    "--events",
    "--hex-blob",
    "--default-character-set=utf8mb4",
    // needs PROCESS, and nobody restores table spaces
    "--no-tablespaces",
    // they are the server's, not the database's; mysqldump knows them since 9.7 and wants a right to look
    "--loose-skip-masking-policies",
    // a dump that is loaded by mistake must not be able to drop anything
    "--skip-add-drop-table",
    "--skip-add-locks",
    "--skip-disable-keys",
    "--skip-lock-tables",
    "--column-statistics=0",
    "--max-allowed-packet=1G",
    "--comments",
    "--skip-dump-date",
    ...(position ? ["--source-data=2", "--set-gtid-purged=COMMENTED"] : ["--set-gtid-purged=OFF"]),
    "--",
    database,
  ];
}

/**
 * Runs mysqldump and hands its text over as it comes.
 * @throws {Failure} when it is not there, says anything that matters, is silent for too long, or ends with another
 *   code than 0; also after its last byte
 */
export async function* mysqldump(request: DumpRequest): AsyncGenerator<Buffer> {
  if (request.signal.aborted) throw interrupted();
  const login = openLoginFile(request.account);
  const child = spawn("mysqldump", dumpArguments(request), { stdio: ["ignore", "pipe", "pipe", login.fd] });
  login.close();
  const ended = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  // awaited below; until then it must not count as unhandled
  ended.catch(() => {});
  const { stdout, stderr } = child as unknown as { stdout: Readable; stderr: Readable };
  const complaint = gather(stderr);
  const stop = (): void => void child.kill("SIGKILL");
  request.signal.addEventListener("abort", stop, { once: true });
  let stalled = false;
  const watch = watchdog(request.stallMs, () => {
    stalled = true;
    stop();
  });
  try {
    for await (const chunk of stdout as AsyncIterable<Buffer>) {
      watch.pause();
      yield chunk;
      watch.resume();
    }
    const [code, signal] = await ended;
    if (request.signal.aborted) throw interrupted();
    if (stalled) throw silent(request);
    const said = meaningful(complaint());
    if (code !== 0 || said) throw failed(request, said, signal ?? `exit code ${code}`);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "ENOENT" ? noMysqldump(error) : error;
  } finally {
    watch.pause();
    request.signal.removeEventListener("abort", stop);
    // whoever reads no further needs no more of it
    stop();
  }
}

/** Time in which the reader of the dump is busy does not count. */
function watchdog(ms: number, strike: () => void): { pause(): void; resume(): void } {
  let timer = setTimeout(strike, ms);
  return {
    pause: () => clearTimeout(timer),
    resume: () => {
      clearTimeout(timer);
      timer = setTimeout(strike, ms);
    },
  };
}

const meaningful = (text: string): string =>
  text
    .split("\n")
    .filter((line) => !HARMLESS.test(line))
    .join("\n")
    .trim();

function failed({ account, database }: DumpRequest, said: string, ending: string): Failure {
  const denied = /access denied|insufficient privileges|\(1044\)|\(1045\)|\(1142\)|\(1227\)/i.test(said);
  return new Failure(
    `mysqldump of "${database}" at ${placeOf(account)} failed (${ending})${said ? `: ${said}` : " and said nothing."}`,
    {
      effect: NO_BACKUP,
      next: denied
        ? "Give the account the rights that the README names."
        : "See whether the server is well and did not change a table's definition meanwhile, then run it again.",
      exitCode: denied ? EXIT.forbidden : EXIT.failed,
    },
  );
}

function silent({ account, database, stallMs }: DumpRequest): Failure {
  return new Failure(`mysqldump of "${database}" at ${placeOf(account)} was silent for ${stallMs / 1000} s.`, {
    effect: `It was ended. ${NO_BACKUP}`,
    next: "Look for a statement that keeps the server busy or locked; stallTimeout is the limit.",
    exitCode: EXIT.unavailable,
  });
}

export function noMysqldump(cause: unknown): Failure {
  return new Failure(`There is no program mysqldump that runs: ${reasonOf(cause).split("\n")[0]}.`, {
    effect: "Nothing was changed.",
    next: "Install the MySQL client of the server's version or newer, or use the image, which has it.",
    exitCode: EXIT.unavailable,
    cause,
  });
}
