import type { Server } from "./mysql.ts";

/** Random bytes: what they become in the bucket is about as long, so that an upload takes its time. */
const ROW_BYTES = 60_000;

/** A table `filler` with so many MiB that do not get smaller. */
export async function fill(server: Server, database: string, mebibytes: number): Promise<void> {
  const rows = Math.ceil((mebibytes * 1024 * 1024) / ROW_BYTES);
  const parts = Math.ceil(ROW_BYTES / 1024);
  await server.query(
    `CREATE TABLE filler (id INT PRIMARY KEY, body MEDIUMBLOB NOT NULL);
     SET SESSION cte_max_recursion_depth = 1000000, group_concat_max_len = 1000000, max_sort_length = 8;
     INSERT INTO filler WITH RECURSIVE n AS (SELECT 1 AS id UNION ALL SELECT id + 1 FROM n WHERE id < ${rows})
       SELECT id, CONCAT(${Array.from({ length: parts }, () => "RANDOM_BYTES(1024)").join(", ")}) FROM n;`,
    [],
    database,
  );
}
