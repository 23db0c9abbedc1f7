import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { startCluster, type Cluster } from "../../integration/replicas/cluster/cluster.ts";
import type { Row } from "../row.ts";
import { REPLICA, STOCK, type Bench, type BenchCase } from "./bench.ts";
import { insertMembers } from "../../integration/replicas/members.ts";

const COUNT = 100_000;

const MINUTE_MS = 60_000;

/** `USER_HZ` of every Linux. @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const TICKS_PER_SECOND = 100;

const PICOSECONDS_PER_MS = 1e9;

/** A few thousand characters, as posts have them. */
const BODY = "SELECT REPEAT('A paragraph of a post that somebody has written. ', 60)";

export const pollCost: BenchCase = {
  id: "poll-cost",
  title: "One idle process, 100,000 posts and 100,000 members",
  async measure(bench) {
    const rows: Row[] = [];
    for (const mode of ["stock", "replicas"] as const) rows.push(...(await measureIdle(mode, bench)));
    return rows;
  },
};

async function measureIdle(mode: "stock" | "replicas", { mysql, minio, quick, progress }: Bench): Promise<Row[]> {
  const cluster = await startCluster({ mysql, minio, mode, replicas: 1 });
  try {
    await fill(cluster, quick ? COUNT / 100 : COUNT);
    progress(`  ${mode}: filled`);
    // what came up while the rows were inserted is over
    await sleep(quick ? 1000 : 10_000);
    const subject = mode === "stock" ? STOCK : REPLICA;
    const row = (metric: string, value: number, unit: string): Row => ({
      subject,
      case: "replicas-poll-cost",
      metric,
      value,
      unit,
    });
    if (mode === "replicas") await mysql.query("TRUNCATE performance_schema.events_statements_summary_by_digest");
    const before = await cpuSeconds(cluster);
    const duration = quick ? MINUTE_MS / 10 : MINUTE_MS;
    await sleep(duration);
    const cpu = ((await cpuSeconds(cluster)) - before) / (duration / 1000);
    const rows = [row("cpu", cpu * 100, "%")];
    if (mode === "replicas") {
      const { p99, mean, looks } = await statement(cluster, mysql);
      rows.push(row("statement-mean", mean, "ms"), row("statement-p99", p99, "ms"), row("looks", looks, ""));
      rows.push(row("loop-delay-p99", (await loopDelaySeconds(cluster)) * 1000, "ms"));
    }
    return rows;
  } finally {
    await cluster.stop();
  }
}

async function fill({ database }: Cluster, count: number): Promise<void> {
  await insertMembers(database, count);
  const numbers = `WITH RECURSIVE numbers AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM numbers WHERE i < ${count})`;
  await database.query(
    `SET SESSION cte_max_recursion_depth = ${count + 1};
     INSERT INTO posts (id, uuid, title, slug, html, plaintext, status, type, visibility, email_recipient_filter,
       created_at, updated_at, published_at)
     ${numbers} SELECT LPAD(LOWER(HEX(i)), 24, '0'), UUID(), CONCAT('Post ', i), CONCAT('post-', i), (${BODY}), (${BODY}),
       'published', 'post', 'public', 'all', NOW() - INTERVAL i MINUTE, NOW() - INTERVAL i MINUTE, NOW() - INTERVAL i MINUTE
     FROM numbers;
     ANALYZE TABLE posts`,
  );
}

/** The poll's own statement, as the server has measured it. */
async function statement({ database }: Cluster, mysql: Bench["mysql"]) {
  const [found] = await mysql.query(
    `SELECT COUNT_STAR AS looks, AVG_TIMER_WAIT AS mean, QUANTILE_99 AS p99
     FROM performance_schema.events_statements_summary_by_digest
     WHERE SCHEMA_NAME = ? AND DIGEST_TEXT LIKE '%AS \`facet\`%' ORDER BY COUNT_STAR DESC LIMIT 1`,
    [database.name],
  );
  if (!found) throw new Error("MySQL has not seen the poll's statement");
  return {
    looks: Number(found.looks),
    mean: Number(found.mean) / PICOSECONDS_PER_MS,
    p99: Number(found.p99) / PICOSECONDS_PER_MS,
  };
}

async function cpuSeconds(cluster: Cluster): Promise<number> {
  const stat = await readFile(`/proc/${cluster.replica(0).pid}/stat`, "utf8");
  // the name of the process may hold spaces; what follows it does not
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [user, system] = [fields[11], fields[12]];
  return (Number(user) + Number(system)) / TICKS_PER_SECOND;
}

async function loopDelaySeconds(cluster: Cluster): Promise<number> {
  const metrics = await (await fetch(`${cluster.replica(0).healthUrl}/metrics`)).text();
  return Number(/^nodejs_eventloop_lag_p99_seconds (\S+)$/m.exec(metrics)?.[1]);
}
