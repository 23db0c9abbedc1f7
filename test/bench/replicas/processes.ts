import { readFile } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { startCluster, type Cluster } from "../../integration/replicas/cluster/cluster.ts";
import type { Replica } from "../../integration/replicas/cluster/replica.ts";
import type { Row } from "../row.ts";
import { REPLICA, STOCK, type Bench, type BenchCase } from "./bench.ts";
import { requestsPerSecond } from "./load.ts";

const RUNS = { whole: 7, quick: 2 };

const LOOK_MS = 10;

/** What a page leaves behind is collected while pages are asked for; then memory is read at rest. */
const VIEWS_SECONDS = 5;
const REST_MS = 5000;

const KIB_PER_MIB = 1024;

/** Long enough for a few hundred pages. */
const LOAD_SECONDS = 8;

interface Subject {
  readonly name: string;
  readonly cluster: Cluster;
}

/** One process of each, on a warm database, started in turn. */
export const starts: BenchCase = {
  id: "start",
  title: "One process on a warm database, started anew",
  measure: (bench) =>
    withSubjects(bench, 1, async (subjects) => {
      const rows: Row[] = [];
      for (const { cluster } of subjects) await cluster.replica(0).stop();
      for (let run = 0; run < (bench.quick ? RUNS.quick : RUNS.whole); run += 1) {
        for (const subject of subjects) rows.push(...(await measureStart(subject)));
        bench.progress(`  run ${run + 1}`);
      }
      return rows;
    }),
};

/** The home page by one process and by two, in turn. */
export const throughput: BenchCase = {
  id: "throughput",
  title: "Home page, 16 connections, as fast as it is answered",
  measure: (bench) =>
    withSubjects(bench, 2, async (subjects) => {
      const rows: Row[] = [];
      for (let run = 0; run < (bench.quick ? RUNS.quick : RUNS.whole); run += 1) {
        for (const count of [1, 2]) {
          for (const { name, cluster } of subjects) {
            const { host } = new URL(cluster.url);
            const value = await requestsPerSecond(
              cluster.replicas.slice(0, count),
              host,
              bench.quick ? 2 : LOAD_SECONDS,
            );
            const processes = count === 1 ? "1-process" : "2-processes";
            rows.push({
              subject: name,
              case: `replicas-throughput-${processes}`,
              metric: "requests",
              value,
              unit: "1/s",
            });
          }
        }
        bench.progress(`  run ${run + 1}`);
      }
      return rows;
    }),
};

async function withSubjects(
  bench: Bench,
  replicas: number,
  work: (subjects: Subject[]) => Promise<Row[]>,
): Promise<Row[]> {
  const { mysql, minio } = bench;
  const subjects: Subject[] = [];
  try {
    subjects.push({ name: STOCK, cluster: await startCluster({ mysql, mode: "stock", replicas }) });
    const replicaConfig = { drainDelay: 0 };
    subjects.push({
      name: REPLICA,
      cluster: await startCluster({ mysql, minio, mode: "replicas", replicas, replicaConfig }),
    });
    return await work(subjects);
  } finally {
    for (const { cluster } of subjects) await cluster.stop();
  }
}

async function measureStart({ name, cluster }: Subject): Promise<Row[]> {
  const replica = cluster.replica(0);
  const began = performance.now();
  await replica.start();
  while (!(await servesHome(replica))) await sleep(LOOK_MS);
  const seconds = (performance.now() - began) / 1000;
  await replica.ready();
  await requestsPerSecond([replica], new URL(cluster.url).host, VIEWS_SECONDS);
  await sleep(REST_MS);
  const memory = await residentMiB(replica.pid);
  await replica.stop();
  return [
    { subject: name, case: "replicas-start", metric: "time", value: seconds, unit: "s" },
    { subject: name, case: "replicas-start", metric: "memory", value: memory, unit: "MiB" },
  ];
}

async function servesHome(replica: Replica): Promise<boolean> {
  const answer = await replica.get("/").catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.status === 200;
}

async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / KIB_PER_MIB;
}
