import { ensureTables } from "../database/tables.ts";
import type { Database, DedicatedConnection } from "../database/database.ts";
import type { Ghost } from "../ghost/ghost.ts";
import type { Log } from "../log.ts";
import { clearMigrationLock, hasMigrationLock } from "./migration-lock.ts";
import { awaitOrphanedStatements } from "./orphaned-statements.ts";
import { removeUnfinishedInit } from "./unfinished-init.ts";

/**
 * Brings the database into a state that Ghost can start from, whatever an earlier process left behind when it was
 * killed. Under the boot lock only, on the connection that holds it.
 */
export async function prepareDatabase(
  database: Database,
  connection: DedicatedConnection,
  ghost: Ghost,
  log: Log,
): Promise<void> {
  const name = `\`${database.name.replaceAll("`", "``")}\``;
  const existing = await connection.rows("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?", [
    database.name,
  ]);
  // as Ghost does on its first start
  if (existing.length === 0) await connection.change(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  await connection.change(`USE ${name}`);
  await awaitOrphanedStatements(connection, database.name, log);
  if (await hasMigrationLock(connection)) await mend(connection, ghost, log);
  await ensureTables(connection);
}

/** After a start or a migration that was killed: a database without its lock, such as one being restored, is left alone. */
async function mend(connection: DedicatedConnection, ghost: Ghost, log: Log): Promise<void> {
  const removed = await removeUnfinishedInit(connection, ghost);
  if (removed.length > 0) {
    log.warn(`Removed ${removed.length} tables of a first start that did not come to its end; Ghost begins anew`);
    return;
  }
  await clearMigrationLock(connection);
  log.warn("Cleared the lock of a migration whose process is gone; Ghost goes on where it was");
}
