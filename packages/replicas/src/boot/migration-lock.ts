import { isMissingTable, type Session } from "../database/database.ts";

/**
 * Clears the lock that Ghost's migrations leave behind when their process is killed; without that no process would ever
 * start again. To be called under the boot lock only: then nobody migrates.
 * @see https://github.com/TryGhost/knex-migrator
 * @returns whether there was one
 */
export async function clearMigrationLock(session: Session): Promise<boolean> {
  try {
    const cleared = await session.change(
      "UPDATE migrations_lock SET locked = 0, released_at = UTC_TIMESTAMP() WHERE lock_key = 'km01' AND locked = 1",
    );
    return cleared > 0;
  } catch (error) {
    if (isMissingTable(error)) return false;
    throw error;
  }
}
