import { EXIT, Failure } from "../failure.ts";
import type { Account } from "./account.ts";
import { ask, connect, type Connection } from "./connection.ts";

interface Session {
  readonly Id: number | string;
  readonly User: string;
  readonly Host: string;
  readonly db: string | null;
}

/**
 * That nobody else is connected to a database that is about to be replaced.
 * @throws {Failure} that names who is, with exit code 75: they may be about to leave
 */
export async function requireUnused(account: Account, database: string): Promise<void> {
  const connection = await connect(account);
  try {
    const others = await sessionsIn(connection, database);
    if (others.length > 0) throw inUse(database, others);
  } finally {
    connection.destroy();
  }
}

/**
 * Without PROCESS an account sees its own sessions only.
 * @returns `user@host` of each
 * @see https://dev.mysql.com/doc/refman/9.7/en/show-processlist.html
 */
async function sessionsIn(connection: Connection, database: string): Promise<string[]> {
  const sessions = await ask<Session>(connection, "SHOW PROCESSLIST");
  return sessions
    .filter(({ Id, db }) => db === database && Number(Id) !== connection.threadId)
    .map(({ User, Host }) => `${User}@${Host.replace(/:\d+$/, "")}`);
}

function inUse(database: string, accounts: readonly string[]): Failure {
  const named = [...new Set(accounts)].toSorted().join(", ");
  return new Failure(`The database "${database}" is in use, by ${named}.`, {
    effect: "What they write would be lost, or get into what is restored. Nothing was changed.",
    next: "Stop what uses it, then run it again; --wait gives what is ending more time.",
    exitCode: EXIT.temporary,
  });
}
