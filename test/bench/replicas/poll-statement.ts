import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { createConnection } from "mysql2/promise";
import type { Database, Mysql } from "../../integration/replicas/cluster/mysql.ts";

/** Several looks are taken meanwhile. */
const LISTEN_MS = 3000;

/** What only the poll's statement has in it. */
const MARK = "%AS facet,%";

/** The statement of a replica's poll, word for word as MySQL receives it. */
export async function pollStatement(mysql: Mysql, { name }: Database): Promise<string> {
  await mysql.query("SET GLOBAL log_output = 'TABLE'; SET GLOBAL general_log = ON");
  await sleep(LISTEN_MS);
  await mysql.query("SET GLOBAL general_log = OFF");
  const [found] = await mysql.query(
    `SELECT CONVERT(argument USING utf8mb4) AS statement FROM mysql.general_log
     WHERE command_type = 'Query' AND user_host LIKE ? AND argument LIKE ? LIMIT 1`,
    [`${name}[%`, MARK],
  );
  await mysql.query("TRUNCATE mysql.general_log");
  if (!found) throw new Error(`MySQL has not seen the poll's statement in ${LISTEN_MS / 1000} s`);
  return String(found.statement);
}

/** The same statement again and again over one connection; the time of each, in ms. */
export async function timesOf(statement: string, database: Database, count: number): Promise<number[]> {
  const { host, port, user, password, name } = database;
  const connection = await createConnection({ host, port, user, password, database: name });
  try {
    const times: number[] = [];
    for (let index = 0; index < count; index += 1) {
      const began = performance.now();
      await connection.query(statement);
      times.push(performance.now() - began);
    }
    return times;
  } finally {
    connection.destroy();
  }
}
