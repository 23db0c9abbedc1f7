import type { Session } from "./database.ts";

/**
 * The tables of this package. They lie in Ghost's database so that a backup has both at the same moment; Ghost ignores
 * tables that it does not know. Times are UTC and the server's: the clocks of the replicas do not matter.
 */
const TABLES = [
  // A name is held until expires_at by the holder of that very token.
  `CREATE TABLE IF NOT EXISTS replicas_leases (
    name VARCHAR(191) NOT NULL PRIMARY KEY,
    holder VARCHAR(191) NOT NULL,
    expires_at DATETIME(3) NOT NULL
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`,

  // What cannot be seen in Ghost's own tables: a higher version tells the others to look again.
  `CREATE TABLE IF NOT EXISTS replicas_versions (
    name VARCHAR(191) NOT NULL PRIMARY KEY,
    version BIGINT UNSIGNED NOT NULL,
    changed_by VARCHAR(191) NOT NULL,
    changed_at DATETIME(3) NOT NULL
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`,

  // Which content of the bucket is current: digest is NULL where it was deleted. put_back_at is set where the row was lost
  // and a replica wrote it again.
  `CREATE TABLE IF NOT EXISTS replicas_content (
    name VARCHAR(191) NOT NULL PRIMARY KEY,
    digest CHAR(64) NULL,
    previous_digest CHAR(64) NULL,
    changed_by VARCHAR(191) NOT NULL,
    changed_at DATETIME(3) NOT NULL,
    put_back_at DATETIME(3) NULL
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`,

  // Work that was accepted and is not done. A job is its holder's until lease_until, then anybody's; NULL there: given up.
  `CREATE TABLE IF NOT EXISTS replicas_jobs (
    id CHAR(36) NOT NULL PRIMARY KEY,
    type VARCHAR(191) NOT NULL,
    payload LONGTEXT NOT NULL,
    queue VARCHAR(191) NOT NULL,
    holder VARCHAR(191) NULL,
    lease_until DATETIME(3) NULL,
    attempts INT UNSIGNED NOT NULL DEFAULT 0,
    created_at DATETIME(3) NOT NULL,
    KEY replicas_jobs_lease_until (lease_until),
    KEY replicas_jobs_type (type)
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`,

  // Jobs that come again. The first replica that names a type sets its time; all others keep to it.
  `CREATE TABLE IF NOT EXISTS replicas_recurring (
    type VARCHAR(191) NOT NULL PRIMARY KEY,
    payload LONGTEXT NOT NULL,
    queue VARCHAR(191) NOT NULL,
    cron VARCHAR(191) NOT NULL,
    next_at DATETIME(3) NOT NULL
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`,
];

/** Makes the tables that are missing. Also after the restore of a backup that was made before they existed. */
export async function ensureTables(session: Session): Promise<void> {
  for (const table of TABLES) await session.change(table);
}
