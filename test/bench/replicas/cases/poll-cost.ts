import { setTimeout as sleep } from "node:timers/promises";
import type { Replica } from "../../../integration/replicas/cluster/replica.ts";
import type { Row } from "../../row.ts";
import { percentile } from "../../statistics.ts";
import { REPLICA, rowsOf, type Bench, type BenchCase } from "../bench.ts";
import { insertContent } from "../content.ts";
import { usedBy, withInsides } from "../insides.ts";
import { countMysqlCpu, mysqlCpuSeconds } from "../mysql-cpu.ts";
import { pollStatement, timesOf } from "../poll-statement.ts";
import { withSubjects, type Subject } from "../subjects.ts";

const CASE = "replicas-poll-cost";

const COUNT = { whole: 100_000, quick: 1000 };

const IDLE_SECONDS = { whole: 60, quick: 6 };

const RUNS = { whole: 3, quick: 2 };

const STATEMENTS = { whole: 1000, quick: 100 };

/** Ghost is at rest when it has used less than this part of a core for some seconds. */
const REST = { share: 0.05, seconds: 15, withinSeconds: 120 };

export const pollCost: BenchCase = {
  id: "poll-cost",
  title: "One idle process with 100,000 posts and 100,000 members",
  method:
    "The rows stood in the database when the process was started; both subjects at once, for 60 s in which nobody asks " +
    "for anything, a load balancer's probes included, three times. *cpu* and the *loop-delay-p99* of the event loop are the process's own account, " +
    "*mysql-cpu* is MySQL's of the process's statements. *looks*: those that the replica took in all that time, and how " +
    "many of them took it at most 5 ms. *statement*: what the poll asks, 1,000 times over one connection, there and back.",
  measure: (bench) =>
    withSubjects(bench, { replicas: 1, env: withInsides }, async function* measureAll(subjects) {
      const { mysql, quick, progress } = bench;
      await countMysqlCpu(mysql);
      for (const { name, cluster } of subjects) {
        await cluster.replica(0).stop();
        await insertContent(cluster.database, quick ? COUNT.quick : COUNT.whole);
        progress(`  ${name}: rows inserted`);
      }
      for (const { cluster } of subjects) await cluster.replica(0).start();
      await Promise.all(subjects.map(({ cluster }) => rest(cluster.replica(0))));
      progress("  both are at rest");
      const before = await looksOf(subjects);
      for (let run = 0; run < (quick ? RUNS.quick : RUNS.whole); run += 1) yield* await measureIdle(subjects, bench);
      const after = await looksOf(subjects);
      const row = rowsOf(REPLICA, CASE);
      yield row("looks", after.all - before.all, "");
      yield row("looks-within-5ms", after.within5Ms - before.within5Ms, "");
      yield* measureStatement(subjects, bench);
    }),
};

/** As long as nobody asks for anything, what is measured of one is not disturbed by the other. */
async function measureIdle(subjects: readonly Subject[], { mysql, quick }: Bench): Promise<Row[]> {
  const seconds = quick ? IDLE_SECONDS.quick : IDLE_SECONDS.whole;
  const used = ({ cluster }: Subject) =>
    Promise.all([usedBy(cluster.replica(0)), mysqlCpuSeconds(mysql, cluster.database)]);
  for (const { cluster } of subjects) cluster.balancer.watch(false);
  const before = await Promise.all(subjects.map(used));
  await sleep(seconds * 1000);
  const after = await Promise.all(subjects.map(used));
  for (const { cluster } of subjects) cluster.balancer.watch(true);
  return subjects.flatMap(({ name }, index) => {
    const [[process, server], [processBefore, serverBefore]] = [after[index]!, before[index]!];
    const row = rowsOf(name, CASE);
    return [
      row("cpu", ((process.cpuSeconds - processBefore.cpuSeconds) / seconds) * 100, "% of a core"),
      row("loop-delay-p99", process.loopDelayP99Ms, "ms"),
      row("mysql-cpu", ((server - serverBefore) / seconds) * 100, "% of a core"),
    ];
  });
}

async function* measureStatement(subjects: readonly Subject[], { mysql, quick }: Bench): AsyncGenerator<Row> {
  const { database } = replicaOf(subjects).cluster;
  const statement = await pollStatement(mysql, database);
  const times = await timesOf(statement, database, quick ? STATEMENTS.quick : STATEMENTS.whole);
  const row = rowsOf(REPLICA, CASE);
  for (const percent of [50, 99]) yield row(`statement-p${percent}`, percentile(times, percent), "ms");
}

/** Waits until what a boot leaves to be done is done. */
async function rest(replica: Replica): Promise<void> {
  await replica.ready();
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
async function looksOf(subjects: readonly Subject[]): Promise<{ all: number; within5Ms: number }> {
  const { healthUrl } = replicaOf(subjects).cluster.replica(0);
  const metrics = await (await fetch(`${healthUrl}/metrics`)).text();
  const figure = (name: RegExp) => Number(name.exec(metrics)?.[1]);
  return {
    all: figure(/^ghost_replica_poll_seconds_count (\S+)$/m),
    within5Ms: figure(/^ghost_replica_poll_seconds_bucket\{le="0.005"\} (\S+)$/m),
  };
}

function replicaOf(subjects: readonly Subject[]): Subject {
  const found = subjects.find(({ name }) => name === REPLICA);
  if (!found) throw new Error(`${REPLICA} was not started`);
  return found;
}
