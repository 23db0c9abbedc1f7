import { randomBytes } from "node:crypto";
import type { Session } from "../database/database.ts";
import type { Ghost } from "../ghost/ghost.ts";

/** Below `.invalid`, which is nobody's (RFC 6761): no mail to it ever arrives. */
const DOMAIN = "ghost-replica.invalid";

const NAME = "Check by ghost-replica";

/** Ids of Ghost's own begin with the seconds since 1970: one that begins so was made by no Ghost. */
const ID_PREFIX = "00000000";

/** Administrators may change settings and delete pages. */
const ROLE = "Administrator";

/** The staff user of one check. */
export interface Staff {
  /** As Ghost makes ids: 24 hexadecimal digits. */
  readonly id: string;
  readonly email: string;
  readonly password: string;
}

/** @param check the id of the check */
export function newStaff(check: string): Staff {
  return {
    id: `${ID_PREFIX}${randomBytes(8).toString("hex")}`,
    email: `check-${check}@${DOMAIN}`,
    password: randomBytes(24).toString("base64url"),
  };
}

/**
 * Puts the user into the database, as nobody's password is known here and a new blog has no owner yet. It has never
 * logged in (`last_seen`), and of such a user Ghost asks no code by mail; it is told of nothing by mail either.
 * @returns false when Ghost's roles are not there yet
 */
export async function addStaff(session: Session, ghost: Ghost, { id, email, password }: Staff): Promise<boolean> {
  const [role] = await session.rows<{ id: string }>("SELECT id FROM roles WHERE name = ?", [ROLE]);
  if (!role) return false;
  const mails = await session.rows<{ name: string }>(
    `SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()
     AND TABLE_NAME = 'users' AND COLUMN_NAME LIKE '%notification%'`,
  );
  const none = mails.map(({ name }) => `, \`${name}\` = 0`).join("");
  await session.change(
    `INSERT INTO users SET id = ?, name = ?, slug = ?, email = ?, password = ?, status = 'active',
     visibility = 'public', created_at = UTC_TIMESTAMP(), updated_at = UTC_TIMESTAMP()${none}`,
    [id, NAME, email.split("@")[0]!, email, await hash(ghost, password)],
  );
  await session.change("INSERT INTO roles_users SET id = ?, role_id = ?, user_id = ?", [
    randomBytes(12).toString("hex"),
    role.id,
    id,
  ]);
  return true;
}

/** As Ghost hashes passwords: by its own package, with bcrypt. */
function hash(ghost: Ghost, password: string): Promise<string> {
  const security = ghost.require("@tryghost/security") as { password: { hash(plain: string): Promise<string> } };
  return security.password.hash(password);
}

/** The staff user of a check that could not clean up after itself. */
export interface EarlierStaff {
  readonly id: string;
  /** Id of its check. */
  readonly check: string;
  /** In which it was made, as in "2026/11". */
  readonly month: string;
}

export function earlierStaff(session: Session): Promise<EarlierStaff[]> {
  return session.rows<EarlierStaff>(
    `SELECT id, RIGHT(slug, 8) AS \`check\`, DATE_FORMAT(created_at, '%Y/%m') AS month
     FROM users WHERE email LIKE ?`,
    [`check-________@${DOMAIN}`],
  );
}

/** Ids of the pages that a user wrote alone. */
export async function pagesOf(session: Session, user: string): Promise<string[]> {
  const rows = await session.rows<{ id: string }>(
    `SELECT a.post_id AS id FROM posts_authors a WHERE a.author_id = ?
     AND NOT EXISTS (SELECT 1 FROM posts_authors o WHERE o.post_id = a.post_id AND o.author_id <> a.author_id)`,
    [user],
  );
  return rows.map(({ id }) => id);
}

/** Nobody is logged in as this user any more. */
export async function endSessions(session: Session, user: string): Promise<void> {
  await session.change("DELETE FROM sessions WHERE user_id = ?", [user]);
}

/**
 * With all that Ghost noted of the user; its pages must be gone. Ghost notes it after it has answered, at times too late
 * for the check itself, so that what it noted of earlier ones goes too. In a transaction.
 */
export async function removeStaff(session: Session, user: string): Promise<void> {
  await endSessions(session, user);
  await session.change("DELETE FROM actions WHERE actor_id LIKE ?", [`${ID_PREFIX}%`]);
  await session.change("DELETE FROM roles_users WHERE user_id = ?", [user]);
  await session.change("DELETE FROM users WHERE id = ?", [user]);
}
