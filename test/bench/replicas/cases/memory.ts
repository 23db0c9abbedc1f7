import { setTimeout as sleep } from "node:timers/promises";
import type { Row } from "../../row.ts";
import { rowsOf, type BenchCase } from "../bench.ts";
import { usedBy, withInsides } from "../insides.ts";
import { viewHome } from "../load.ts";
import { hostOf, inTurn, withSubjects, type Subject } from "../subjects.ts";

const BOOTS = { whole: 5, quick: 1 };

/** What a boot leaves behind to be done is done by then. */
const REST_MS = { whole: 30_000, quick: 5000 };

const VIEWS = 500;

/** After the last page, what it left open is closed. */
const AFTER_MS = 2000;

const BYTES_PER_MIB = 2 ** 20;

export const memory: BenchCase = {
  id: "memory",
  title: "Memory of one process",
  method:
    "Both subjects at once, each started anew for each run. *idle*: 30 s after the later of them was ready. *viewed*: after " +
    `${VIEWS} views of the home page. *heap-viewed* is what a collection of garbage leaves of the heap then.`,
  measure: (bench) =>
    withSubjects(bench, { replicas: 1, env: withInsides }, async function* measureAll(subjects) {
      const { quick, progress } = bench;
      for (let boot = 0; boot < (quick ? BOOTS.quick : BOOTS.whole); boot += 1) {
        progress(`  boot ${boot + 1}`);
        for (const { cluster } of inTurn(boot, subjects)) await cluster.replica(0).restart();
        await sleep(quick ? REST_MS.quick : REST_MS.whole);
        for (const subject of subjects) yield* await measureIdle(subject);
        for (const rows of await Promise.all(subjects.map(measureViewed))) yield* rows;
      }
    }),
};

async function measureIdle({ name, cluster }: Subject): Promise<Row[]> {
  const { rssBytes, heapBytes } = await usedBy(cluster.replica(0));
  const row = rowsOf(name, "replicas-memory");
  return [row("rss-idle", rssBytes / BYTES_PER_MIB, "MiB"), row("heap-idle", heapBytes / BYTES_PER_MIB, "MiB")];
}

async function measureViewed(subject: Subject): Promise<Row[]> {
  const replica = subject.cluster.replica(0);
  await viewHome(replica, hostOf(subject), VIEWS);
  await sleep(AFTER_MS);
  const { rssBytes, heapBytes } = await usedBy(replica, "collect");
  const row = rowsOf(subject.name, "replicas-memory");
  return [row("rss-viewed", rssBytes / BYTES_PER_MIB, "MiB"), row("heap-viewed", heapBytes / BYTES_PER_MIB, "MiB")];
}
