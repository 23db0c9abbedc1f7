import { hash } from "node:crypto";
import { EXIT, Failure } from "../failure.ts";
import { ask, type Connection } from "./connection.ts";

/** Servers end connections that are silent: some after a minute. */
const KEEP_ALIVE_MS = 20_000;

export interface RunLock {
  release(): Promise<void>;
  /** When its connection is closed anyway. */
  forget(): void;
}

/**
 * One run at a time for a database: a name lock of the server that is dumped. It needs no right, not even in the
 * bucket, and goes with its connection: a run that was killed leaves nothing behind that somebody would have to
 * remove. Were it lost in the middle, the two runs would still write under different names.
 * @throws {Failure} with exit code 75 when another run holds it
 */
export async function takeRunLock(connection: Connection, database: string): Promise<RunLock> {
  const lock = await tryLock(connection, database);
  if (!lock) throw busy(database);
  return lock;
}

/** @returns undefined when another connection holds it */
export async function tryLock(connection: Connection, subject: string): Promise<RunLock | undefined> {
  // names of locks are at most 64 characters long
  const name = `stateless-ghost-backup:${hash("sha256", subject, "hex").slice(0, 32)}`;
  const [row] = await ask<{ taken: number | null }>(connection, "SELECT GET_LOCK(?, 0) AS taken", [name]);
  if (row?.taken !== 1) return undefined;
  const timer = setInterval(() => void connection.ping().catch(() => {}), KEEP_ALIVE_MS).unref();
  const forget = (): void => clearInterval(timer);
  return {
    forget,
    async release() {
      forget();
      await connection.query("SELECT RELEASE_LOCK(?)", [name]).catch(() => {
        // the connection is gone, and the lock with it
      });
    },
  };
}

function busy(database: string): Failure {
  return new Failure(`Another run is busy with "${database}".`, {
    effect: "This one left at once. Nothing was changed, and the other one goes on.",
    next: "Nothing, if the other one is meant to run; otherwise look for two schedules of the same backup.",
    exitCode: EXIT.temporary,
  });
}
