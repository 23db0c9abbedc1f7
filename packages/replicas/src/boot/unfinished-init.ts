import type { Session } from "../database/database.ts";
import type { Ghost } from "../ghost/ghost.ts";

/** Tables of Ghost's migrations, which are not in its schema. */
const MIGRATION_TABLES = ["migrations", "migrations_lock"];

/** Where whatever a blog has of its own would be. A finished first start has settings, an unfinished one has none. */
const CONTENT = ["settings", "members", "sessions", "posts_meta", "emails", "invites", "tokens"];

/** Ghost's own fixtures make about a dozen posts and one user before they are done. */
const FIXTURE_ROWS = { posts: 20, users: 1 };

/**
 * Removes the tables of a first start that was killed half-way: Ghost takes them for a blog of an old version and
 * refuses to start. Nothing is removed unless it is certain that nobody ever wrote there. Under the boot lock only.
 * @returns the tables that were removed
 */
export async function removeUnfinishedInit(session: Session, ghost: Ghost): Promise<string[]> {
  const names = await tableNames(session);
  const own = [...Object.keys(ghost.use("schema")), ...MIGRATION_TABLES].filter((name) => names.has(name));
  if (own.length === 0 || (await isFinished(session, names)) || (await hasContent(session, names))) return [];
  await session.change("SET FOREIGN_KEY_CHECKS = 0");
  for (const name of own) await session.change(`DROP TABLE \`${name}\``);
  await session.change("SET FOREIGN_KEY_CHECKS = 1");
  return own;
}

async function tableNames(session: Session): Promise<Set<string>> {
  const rows = await session.rows<{ name: string }>(
    "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()",
  );
  return new Set(rows.map(({ name }) => name));
}

/** The last thing a first start does is to note all migrations of all versions as done. */
async function isFinished(session: Session, names: ReadonlySet<string>): Promise<boolean> {
  if (!names.has("migrations")) return false;
  return (await session.rows("SELECT 1 FROM migrations WHERE version <> 'init' LIMIT 1")).length > 0;
}

async function hasContent(session: Session, names: ReadonlySet<string>): Promise<boolean> {
  for (const name of CONTENT.filter((table) => names.has(table))) {
    if ((await session.rows(`SELECT 1 FROM \`${name}\` LIMIT 1`)).length > 0) return true;
  }
  for (const [name, most] of Object.entries(FIXTURE_ROWS)) {
    if (!names.has(name)) continue;
    if ((await session.rows(`SELECT 1 FROM \`${name}\` LIMIT ${most + 1}`)).length > most) return true;
  }
  return false;
}
