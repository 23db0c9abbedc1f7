import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Database, DedicatedConnection } from "../database/database.ts";
import { EXIT, Failure, reasonOf } from "../failure.ts";
import type { Log } from "../log.ts";

/** In a new cluster MySQL and Ghost start together; a host that nobody has after that was mistyped. */
const PATIENCE_MS = 2 * 60_000;

const RETRY_MS = 1000;

/** A server may be set to end connections that are idle for a minute; a migration takes longer. As MySQL's own default. */
const IDLE_SECONDS = 8 * 60 * 60;

/** How often the log says that MySQL is still waited for, in attempts. */
const TOLD_EVERY = 10;

/** Of a server that is not there yet, as against one that refuses this replica. */
const NOT_THERE = new Set(["ECONNREFUSED", "ECONNRESET", "EAI_AGAIN", "EHOSTUNREACH", "ENOTFOUND", "ETIMEDOUT"]);

/**
 * The first connection of a replica that starts; it may be idle for hours.
 * @param withinMs longest wait for a server that is not there yet, up to two minutes
 * @throws {Failure} when there is none by then, or it refuses
 */
export async function firstConnection(database: Database, log: Log, withinMs: number): Promise<DedicatedConnection> {
  const end = performance.now() + Math.min(withinMs, PATIENCE_MS);
  for (let attempts = 0; ; attempts += 1) {
    try {
      const connection = await database.dedicated();
      await connection.change("SET SESSION wait_timeout = ?", [IDLE_SECONDS]);
      return connection;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (!NOT_THERE.has(String(code)) || performance.now() + RETRY_MS > end) throw unreachable(error);
      if (attempts % TOLD_EVERY === 0) log.info(`MySQL cannot be reached yet (${reasonOf(error)}); waiting for it`);
    }
    await sleep(RETRY_MS);
  }
}

function unreachable(error: unknown): Failure {
  return new Failure(`MySQL could not be reached: ${reasonOf(error)}`, {
    effect: "Ghost was not started, and nothing was changed.",
    next: "Look at database__connection, and whether the server is up.",
    exitCode: EXIT.unavailable,
    cause: error,
  });
}
