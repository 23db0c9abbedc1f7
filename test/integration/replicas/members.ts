import type { Database } from "./cluster/mysql.ts";
import { NEWSLETTER } from "./cluster/site-api.ts";

/**
 * Free members who take the newsletter, straight into the database: `reader-1@example.com` and so on. Their ids are
 * those of 1970, as Ghost sends an e-mail only to members whose id is older than the e-mail's.
 */
export async function insertMembers(database: Database, count: number, newsletter = NEWSLETTER): Promise<string[]> {
  const [before] = await database.query("SELECT COUNT(*) AS present FROM members");
  const first = Number(before?.present) + 1;
  const last = first + count - 1;
  const numbers = `WITH RECURSIVE numbers AS (SELECT ${first} AS i UNION ALL SELECT i + 1 FROM numbers WHERE i < ${last})`;
  const id = "LPAD(LOWER(HEX(i)), 24, '0')";
  await database.query(
    `SET SESSION cte_max_recursion_depth = ${count + 1};
     INSERT INTO members (id, uuid, transient_id, email, status, created_at)
       ${numbers} SELECT ${id}, UUID(), UUID(), CONCAT('reader-', i, '@example.com'), 'free', NOW() FROM numbers;
     INSERT INTO members_newsletters (id, member_id, newsletter_id)
       ${numbers} SELECT ${id}, ${id}, (SELECT id FROM newsletters WHERE slug = ?) FROM numbers`,
    [newsletter],
  );
  return Array.from({ length: count }, (_, index) => `reader-${first + index}@example.com`);
}
