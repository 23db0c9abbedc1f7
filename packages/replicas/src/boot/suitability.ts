import { EXIT, Failure, reasonOf } from "../failure.ts";
import type { Session } from "../database/database.ts";

/** Enough statements that a proxy with a handful of connections behind it gives itself away. */
const ASKED = 8;

/**
 * Whether locks mean anything on this server: it must be the one primary, and one connection must be one session.
 * @param session one connection
 * @param probe a lock name that nobody else uses
 * @throws {Failure} with what to change
 */
export async function requireSuitable(session: Session, probe: string): Promise<void> {
  await requirePrimary(session);
  await requireOneSession(session, probe);
}

async function requirePrimary(session: Session): Promise<void> {
  const [server] = await session.rows<{ read_only: number; version: string }>(
    "SELECT @@global.read_only OR @@global.innodb_read_only AS read_only, VERSION() AS version",
  );
  if (/mariadb/i.test(server?.version ?? "")) {
    throw unsuitable(
      `The server is MariaDB (${server?.version}), which does not know all statements that replicas agree by.`,
      "Use MySQL 8 or 9, as Ghost asks for in production.",
    );
  }
  if (server?.read_only) {
    throw unsuitable(
      "The MySQL server takes no writes: it is a replica of another server, or was set to read_only.",
      "Let database__connection__host name the primary, not a reader endpoint.",
    );
  }
  const cluster = await session.rows<{ Variable_name: string; Value: string }>(
    `SHOW GLOBAL VARIABLES WHERE Variable_name IN ('wsrep_on', 'group_replication_single_primary_mode', 'group_replication_group_name')`,
  );
  const value = (name: string) => cluster.find(({ Variable_name }) => Variable_name === name)?.Value ?? "";
  const multiPrimary =
    value("group_replication_group_name") !== "" && value("group_replication_single_primary_mode") === "OFF";
  if (value("wsrep_on") === "ON" || multiPrimary) {
    throw unsuitable(
      "The MySQL server is one of several primaries (Galera or Group Replication), which do not share their locks.",
      "Let all replicas use one of them, by single-primary mode or by a host name of that one.",
    );
  }
}

async function requireOneSession(session: Session, probe: string): Promise<void> {
  try {
    const [lock] = await session.rows<{ got: number | null; id: number }>(
      "SELECT GET_LOCK(?, 0) AS got, CONNECTION_ID() AS id",
      [probe],
    );
    for (let asked = 0; asked < ASKED; asked += 1) {
      const [seen] = await session.rows<{ holder: number | null; id: number }>(
        "SELECT IS_USED_LOCK(?) AS holder, CONNECTION_ID() AS id",
        [probe],
      );
      if (lock?.got !== 1 || seen?.id !== lock.id || seen.holder !== lock.id) {
        throw unsuitable(
          "Between this replica and MySQL is a proxy that spreads the statements of one connection over several.",
          "Connect to MySQL itself, or switch multiplexing (transaction pooling) off for this user.",
        );
      }
    }
    await session.rows("SELECT RELEASE_LOCK(?)", [probe]);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw unsuitable(
      `MySQL refuses the lock that replicas agree by: ${reasonOf(error)}`,
      "Let the user call GET_LOCK, IS_USED_LOCK and RELEASE_LOCK; MySQL itself asks no privilege for them.",
      error,
    );
  }
}

function unsuitable(message: string, next: string, cause?: unknown): Failure {
  return new Failure(message, {
    effect: "More than one replica could not agree with each other there. Ghost was not started.",
    next,
    exitCode: EXIT.unavailable,
    cause,
  });
}
