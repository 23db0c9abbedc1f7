import { setTimeout as sleep } from "node:timers/promises";
import type { Mode } from "../../../integration/replicas/cluster/config.ts";
import type { Replica } from "../../../integration/replicas/cluster/replica.ts";
import type { Row } from "../../row.ts";
import { percentile } from "../../statistics.ts";
import { REPLICA, rowsOf, STOCK, type Bench, type BenchCase } from "../bench.ts";
import { insertContent } from "../content.ts";
import { usedBy, withInsides } from "../insides.ts";
import { mysqlCpuSeconds } from "../mysql-cpu.ts";
import { pollStatement, timesOf } from "../poll-statement.ts";
import { startSubject } from "../subjects.ts";

const CASE = "replicas-poll-cost";

const COUNT = { whole: 100_000, quick: 1000 };

const IDLE_SECONDS = { whole: 60, quick: 6 };

const STATEMENTS = { whole: 1000, quick: 100 };

/** Ghost is at rest when it has used less than this part of a core for some seconds. */
const REST = { share: 0.05, seconds: 5, withinSeconds: 90 };

export const pollCost: BenchCase = {
  id: "poll-cost",
  title: "One idle process with 100,000 posts and 100,000 members",
  method:
    "The rows stood in the database when the process was started. Its *cpu* and the *loop-delay-p99* of its event loop are " +
    "its own account of 60 s in which nobody asks for anything, *mysql-cpu* is Docker's of MySQL's container in the same " +
    "time. *statement*: what the poll asks, 1,000 times over one connection, there and back. *looks*: those that the " +
    "replica took in the 60 s, and how many of them took it at most 5 ms.",
  async *measure(bench) {
    for (const mode of ["stock", "replicas"] as const) yield* measureIdle(mode, bench);
  },
};

async function* measureIdle(mode: Mode, bench: Bench): AsyncGenerator<Row> {
  const { mysql, quick, progress } = bench;
  const cluster = await startSubject(bench, mode, { replicas: 1, env: withInsides });
  try {
    const replica = cluster.replica(0);
    await replica.stop();
    await insertContent(cluster.database, quick ? COUNT.quick : COUNT.whole);
    progress(`  ${mode}: rows inserted`);
    await replica.start();
    await replica.ready();
    await rest(replica);
    progress(`  ${mode}: at rest`);
    const seconds = quick ? IDLE_SECONDS.quick : IDLE_SECONDS.whole;
    // the questions stand around what is measured, so that their cost is no part of it
    const looksBefore = mode === "replicas" ? await looksOf(replica) : undefined;
    const mysqlBefore = await mysqlCpuSeconds(mysql);
    const before = await usedBy(replica);
    await sleep(seconds * 1000);
    const after = await usedBy(replica);
    const mysqlAfter = await mysqlCpuSeconds(mysql);
    const row = rowsOf(mode === "stock" ? STOCK : REPLICA, CASE);
    yield row("cpu", ((after.cpuSeconds - before.cpuSeconds) / seconds) * 100, "% of a core");
    yield row("loop-delay-p99", after.loopDelayP99Ms, "ms");
    yield row("mysql-cpu", ((mysqlAfter - mysqlBefore) / seconds) * 100, "% of a core");
    if (!looksBefore) return;
    const looksAfter = await looksOf(replica);
    yield row("looks", looksAfter.all - looksBefore.all, "");
    yield row("looks-within-5ms", looksAfter.within5Ms - looksBefore.within5Ms, "");
    const statement = await pollStatement(mysql, cluster.database);
    const times = await timesOf(statement, cluster.database, quick ? STATEMENTS.quick : STATEMENTS.whole);
    for (const percent of [50, 99]) yield row(`statement-p${percent}`, percentile(times, percent), "ms");
  } finally {
    await cluster.stop();
  }
}

/** Waits until what a boot leaves to be done is done. */
async function rest(replica: Replica): Promise<void> {
  let { cpuSeconds } = await usedBy(replica);
  for (let waited = 0; waited < REST.withinSeconds; waited += REST.seconds) {
    await sleep(REST.seconds * 1000);
    const now = (await usedBy(replica)).cpuSeconds;
    if (now - cpuSeconds < REST.share * REST.seconds) return;
    cpuSeconds = now;
  }
  throw new Error(`Ghost was not at rest ${REST.withinSeconds} s after its start`);
}

/** How often the replica has looked at the database, by its own metrics. */
async function looksOf({ healthUrl }: Replica): Promise<{ all: number; within5Ms: number }> {
  const metrics = await (await fetch(`${healthUrl}/metrics`)).text();
  const figure = (name: RegExp) => Number(name.exec(metrics)?.[1]);
  return {
    all: figure(/^ghost_replica_poll_seconds_count (\S+)$/m),
    within5Ms: figure(/^ghost_replica_poll_seconds_bucket\{le="0.005"\} (\S+)$/m),
  };
}
