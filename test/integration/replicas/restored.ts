import type { Database } from "./cluster/mysql.ts";

/** Copies tables as a backup has them; answers with the function that puts the copies back, as a restore does. */
export async function keepCopies(database: Database, tables: readonly string[]): Promise<() => Promise<void>> {
  for (const table of tables) await database.query(`CREATE TABLE kept_${table} AS SELECT * FROM ${table}`);
  return async () => {
    // in one connection, of which that setting is a part
    const statements = tables.flatMap((table) => [
      `DELETE FROM ${table}`,
      `INSERT INTO ${table} SELECT * FROM kept_${table}`,
      `DROP TABLE kept_${table}`,
    ]);
    await database.query(["SET FOREIGN_KEY_CHECKS = 0", ...statements].join(";\n"));
  };
}
