import type { Database } from "../../integration/replicas/cluster/mysql.ts";
import { insertMembers } from "../../integration/replicas/members.ts";

/** About three thousand characters, as posts have them. */
const BODY = "REPEAT('A paragraph of a post that somebody has written. ', 60)";

const COMMON = "'version', 1, 'direction', 'ltr', 'format', '', 'indent', 0";

/** The same as the editor's document. */
const LEXICAL = `JSON_OBJECT('root', JSON_OBJECT('type', 'root', ${COMMON}, 'children', JSON_ARRAY(
  JSON_OBJECT('type', 'paragraph', ${COMMON}, 'children', JSON_ARRAY(
    JSON_OBJECT('type', 'text', 'version', 1, 'text', ${BODY}, 'detail', 0, 'format', 0, 'mode', 'normal', 'style', ''))))))`;

/** So many members, and so many posts of the owner, of which nine in ten are published: straight into the database. */
export async function insertContent(database: Database, count: number): Promise<void> {
  await insertMembers(database, count);
  await insertPosts(database, count);
  await database.query("ANALYZE TABLE posts, members");
}

async function insertPosts(database: Database, count: number): Promise<void> {
  const numbers = `WITH RECURSIVE numbers AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM numbers WHERE i < ${count})`;
  const id = "LPAD(LOWER(HEX(i)), 24, '0')";
  const at = "NOW() - INTERVAL i MINUTE";
  await database.query(
    `SET SESSION cte_max_recursion_depth = ${count + 1};
     INSERT INTO posts (id, uuid, title, slug, lexical, html, plaintext, status, type, visibility,
       email_recipient_filter, created_at, updated_at, published_at)
     ${numbers} SELECT ${id}, UUID(), CONCAT('Post ', i), CONCAT('post-', i), ${LEXICAL}, CONCAT('<p>', ${BODY}, '</p>'),
       ${BODY}, IF(i % 10 = 0, 'draft', 'published'), 'post', 'public', 'all', ${at}, ${at}, IF(i % 10 = 0, NULL, ${at})
     FROM numbers;
     INSERT INTO posts_authors (id, post_id, author_id, sort_order)
     ${numbers} SELECT ${id}, ${id}, (SELECT id FROM users ORDER BY created_at LIMIT 1), 0 FROM numbers`,
  );
}
