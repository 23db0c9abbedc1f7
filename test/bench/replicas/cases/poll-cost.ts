import { setTimeout as sleep } from "node:timers/promises";
import type { Replica } from "../../../integration/replicas/cluster/replica.ts";
import type { Row } from "../../row.ts";
import { percentile } from "../../statistics.ts";
import { REPLICA, rowsOf, type Bench, type BenchCase } from "../bench.ts";
import { insertContent } from "../content.ts";
import { usedBy, withInsides } from "../insides.ts";
import { countMysqlCpu, mysqlCpuSeconds } from "../mysql-cpu.ts";
import { pollStatement, timesOf } from "../poll-statement.ts";
import { startSubject, withSubjects, type Subject } from "../subjects.ts";

const CASE = "replicas-poll-cost";

const COUNT = { whole: 100_000, quick: 1000 };

const IDLE_SECONDS = { whole: 60, quick: 6 };

const RUNS = { whole: 3, quick: 2 };

const ONE = { replicas: 1, env: withInsides };

const STATEMENTS = { whole: 1000, quick: 100 };

/** Ghost is at rest when it has used less than this part of a core for some seconds. */
const REST = { share: 0.05, seconds: 15, withinSeconds: 120 };

/** A replica that hardly polls, for what the poll is of all that a replica does. Its rows are not shown. */
const SELDOM = { name: "seldom", replicaConfig: { pollInterval: 10_000, staleAfter: 60_000 } };

export const pollCost: BenchCase = {
  id: "poll-cost",
  title: "One idle process with 100,000 posts and 100,000 members",
  method:
    "The rows stood in the database when the process was started; all subjects at once, for 60 s in which nobody asks " +
    "for anything, a load balancer's probes included, three times. *cpu* and the *loop-delay-p99* of the event loop are the process's own account, " +
    "*mysql-cpu* is MySQL's of the process's statements. *poll-cpu*: what it has used more than one that polls each ten seconds, " +
    "so that leases, jobs, schedules and the database's answers to them are not in it. *looks*: those that the replica took in all that time, and how " +
    "many of them took it at most 5 ms. *statement*: what the poll asks, 1,000 times over one connection, there and back.",
  measure: (bench) =>
    withSubjects(bench, ONE, async function* measureAll(both) {
      const { mysql, quick, progress } = bench;
      const cluster = await startSubject(bench, "replicas", { ...ONE, replicaConfig: SELDOM.replicaConfig });
      try {
        const subjects = [...both, { name: SELDOM.name, cluster }];
        await countMysqlCpu(mysql);
        await fill(subjects, bench);
        progress("  all are at rest");
        const before = await looksOf(subjects);
        for (let run = 0; run < (quick ? RUNS.quick : RUNS.whole); run += 1) yield* await measureIdle(subjects, bench);
        const after = await looksOf(subjects);
        const row = rowsOf(REPLICA, CASE);
        yield row("looks", after.all - before.all, "");
        yield row("looks-within-5ms", after.within5Ms - before.within5Ms, "");
        yield* measureStatement(subjects, bench);
      } finally {
        await cluster.stop();
      }
    }),
};

/** All rows are there before the first process is started again. */
async function fill(subjects: readonly Subject[], { quick, progress }: Bench): Promise<void> {
  for (const { name, cluster } of subjects) {
    await cluster.replica(0).stop();
    await insertContent(cluster.database, quick ? COUNT.quick : COUNT.whole);
    progress(`  ${name}: rows inserted`);
  }
  for (const { cluster } of subjects) await cluster.replica(0).start();
  await Promise.all(subjects.map(({ cluster }) => rest(cluster.replica(0))));
}

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
  const share = (from: number, to: number) => ((to - from) / seconds) * 100;
  const cpu = (index: number) => share(before[index]![0].cpuSeconds, after[index]![0].cpuSeconds);
  const rows = subjects.flatMap(({ name }, index) => {
    const row = rowsOf(name, CASE);
    return [
      row("cpu", cpu(index), "% of a core"),
      row("loop-delay-p99", after[index]![0].loopDelayP99Ms, "ms"),
      row("mysql-cpu", share(before[index]![1], after[index]![1]), "% of a core"),
    ];
  });
  const [ours, seldom] = [REPLICA, SELDOM.name].map((subject) => subjects.findIndex(({ name }) => name === subject));
  return [...rows, rowsOf(REPLICA, CASE)("poll-cpu", cpu(ours!) - cpu(seldom!), "% of a core")];
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
