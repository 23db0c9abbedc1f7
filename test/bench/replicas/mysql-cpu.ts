import type { Database, Mysql } from "../../integration/replicas/cluster/mysql.ts";

const PICOSECONDS = 1e12;

/** From now on the server keeps account of the CPU time of statements. */
export async function countMysqlCpu(mysql: Mysql): Promise<void> {
  await mysql.query(
    "UPDATE performance_schema.setup_consumers SET enabled = 'YES' WHERE name = 'events_statements_cpu'",
  );
}

/** What the server has used for the statements of a database's user, by its own account. */
export async function mysqlCpuSeconds(mysql: Mysql, { user }: Database): Promise<number> {
  const [found] = await mysql.query(
    `SELECT SUM(sum_cpu_time) AS used FROM performance_schema.events_statements_summary_by_user_by_event_name
     WHERE user = ?`,
    [user],
  );
  return Number(found?.used) / PICOSECONDS;
}
