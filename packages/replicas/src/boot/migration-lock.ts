import { isMissingTable, type Session } from "../database/database.ts";

/**
 * Whether the lock is there that Ghost's migrations leave behind when their process is killed. Under the boot lock only:
 * then nobody migrates, and whoever had it is gone.
 * @see https://github.com/TryGhost/knex-migrator
 */
export async function hasMigrationLock(session: Session): Promise<boolean> {
  try {
    return (await session.rows("SELECT 1 FROM migrations_lock WHERE lock_key = 'km01' AND locked = 1")).length > 0;
  } catch (error) {
    if (isMissingTable(error)) return false;
    throw error;
  }
}

/** Clears it; without that no process would ever start again. */
export async function clearMigrationLock(session: Session): Promise<void> {
  await session.change(
    "UPDATE migrations_lock SET locked = 0, released_at = UTC_TIMESTAMP() WHERE lock_key = 'km01' AND locked = 1",
  );
}
