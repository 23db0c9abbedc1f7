import { Cluster } from "../../integration/replicas/cluster/cluster.ts";
import type { Mysql } from "../../integration/replicas/cluster/mysql.ts";
import { insertMembers } from "../../integration/replicas/members.ts";
import { insertContent } from "../replicas/content.ts";

/** Ghost's own database, made by a Ghost that has ended, with so many posts and members; it goes with the cluster. */
export async function makeGhost(mysql: Mysql, posts: number, members: number): Promise<Cluster> {
  const cluster = await Cluster.start({ mysql, mode: "stock", replicas: 1 });
  // it inserts as many members as posts
  await insertContent(cluster.database, posts);
  await insertMembers(cluster.database, members - posts);
  for (const replica of cluster.replicas) await replica.stop();
  return cluster;
}

const MiB = 1024 * 1024;

/** Bytes of a row in a dump. */
const EVENT_BYTES = 520;
const PAGE_BYTES = 9300;

/** Rows for one INSERT: what a transaction of this server takes easily. */
const AT_ONCE = 50_000;

/** About 300 characters of which gzip leaves half. */
const PAYLOAD =
  "CONCAT(SHA2(RAND(), 256), ' a note that somebody has left here ', SHA2(RAND(), 256), REPEAT('. And more', 12))";
const BODY = `CONCAT(${Array.from({ length: 16 }, () => "SHA2(RAND(), 512), REPEAT(' A sentence that was written. ', 15)").join(", ")})`;

const SCHEMA = `
  CREATE TABLE events (
    id BIGINT AUTO_INCREMENT PRIMARY KEY, uuid CHAR(36) NOT NULL, kind VARCHAR(32) NOT NULL, at DATETIME(3) NOT NULL,
    amount DECIMAL(12, 2) NOT NULL, payload TEXT NOT NULL, KEY by_uuid (uuid), KEY by_kind (kind, at));
  CREATE TABLE pages (
    id BIGINT AUTO_INCREMENT PRIMARY KEY, slug VARCHAR(191) NOT NULL, body MEDIUMTEXT NOT NULL, UNIQUE KEY by_slug (slug));`;

/** Half of it many small rows with two indexes, half of it texts. Answers with its name. */
export async function makeLarge(mysql: Mysql, size: number): Promise<string> {
  const { name } = await mysql.createDatabase();
  await mysql.query(SCHEMA, [], name);
  const half = (size / 2) * MiB;
  await insert(
    mysql,
    name,
    Math.round(half / EVENT_BYTES),
    (numbers) =>
      `INSERT INTO events (uuid, kind, at, amount, payload) ${numbers} SELECT UUID(), ELT(1 + i % 5, 'view', 'click', 'sign-up', 'payment', 'mail'),
      NOW(3) - INTERVAL i SECOND, RAND() * 1000, ${PAYLOAD} FROM numbers`,
  );
  await insert(
    mysql,
    name,
    Math.round(half / PAGE_BYTES),
    (numbers) => `INSERT INTO pages (slug, body) ${numbers} SELECT UUID(), ${BODY} FROM numbers`,
  );
  return name;
}

async function insert(
  mysql: Mysql,
  database: string,
  rows: number,
  statement: (numbers: string) => string,
): Promise<void> {
  for (let done = 0; done < rows; done += AT_ONCE) {
    const count = Math.min(AT_ONCE, rows - done);
    const numbers = `WITH RECURSIVE numbers AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM numbers WHERE i < ${count})`;
    await mysql.query(`SET SESSION cte_max_recursion_depth = ${count + 1}; ${statement(numbers)}`, [], database);
  }
}
