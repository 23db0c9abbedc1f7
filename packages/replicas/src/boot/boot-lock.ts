import { performance } from "node:perf_hooks";
import type { Database, DedicatedConnection } from "../database/database.ts";
import { EXIT, Failure } from "../failure.ts";
import type { Log } from "../log.ts";
import { firstConnection } from "./first-connection.ts";

/** So long one statement waits in the server; in between the log says that the replica is still waiting. */
const ROUND_SECONDS = 10;

/** The driver gives the server this much more than the wait itself. */
const ANSWER_MS = 5000;

/** MySQL takes no longer names. @see https://dev.mysql.com/doc/refman/9.7/en/locking-functions.html */
const NAME_LENGTH = 64;

/** Name of a lock of the whole server, for one database of it. */
export function lockName(database: string, purpose: string): string {
  const name = `ghost:${database}:${purpose}`;
  return name.length <= NAME_LENGTH ? name : `${name.slice(0, NAME_LENGTH - purpose.length - 1)}:${purpose}`;
}

/** The lock is worth as much as its connection: a replica that loses it must not go on, another one may have begun. */
function hold(connection: DedicatedConnection, log: Log): BootLock {
  let released = false;
  void connection.lost.then((error) => {
    if (released) return;
    log.error("The connection that keeps other replicas from the database was lost; this replica ends", error);
    process.exit(EXIT.temporary);
  });
  const release = () => {
    released = true;
    connection.close();
  };
  return { connection, release };
}

export interface BootLock {
  /** The connection that holds the lock: as long as it lives nobody else initialises or migrates. */
  readonly connection: DedicatedConnection;
  release(): void;
}

/**
 * Waits until no other replica initialises or migrates the database. The lock goes with the connection, so that one
 * that is killed leaves nothing behind.
 * @throws {Failure} when that takes too long, or MySQL cannot be reached
 */
export async function takeBootLock(database: Database, log: Log, withinMs: number): Promise<BootLock> {
  const connection = await firstConnection(database, log, withinMs);
  const name = lockName(database.name, "boot");
  const began = performance.now();
  // the first attempt does not wait, so that the log is quiet when nobody is there
  for (let seconds = 0; ; seconds = ROUND_SECONDS) {
    const [row] = await connection.rows<{ got: number | null }>(
      "SELECT GET_LOCK(?, ?) AS got",
      [name, seconds],
      seconds * 1000 + ANSWER_MS,
    );
    if (row?.got === 1) return hold(connection, log);
    const waited = performance.now() - began;
    if (waited >= withinMs) break;
    log.info(
      `Another replica initialises or migrates the database; waiting for it since ${Math.round(waited / 1000)} s, ` +
        `at most ${withinMs / 1000} s`,
    );
  }
  connection.close();
  throw new Failure(`Another replica did not finish with the database within ${withinMs / 1000} s.`, {
    effect: "Ghost was not started, and the database was not changed by this replica.",
    next: "Look at that replica's log. A long migration needs a longer replicas__bootTimeout.",
    exitCode: EXIT.temporary,
  });
}
