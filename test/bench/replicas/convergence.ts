import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { startCluster, type Cluster } from "../../integration/replicas/cluster/cluster.ts";
import { percentile } from "../statistics.ts";
import type { Row } from "../row.ts";
import { REPLICA, type Bench, type BenchCase } from "./bench.ts";
import { KINDS, type Kind } from "./kinds.ts";

/** The default interval of the poll: a change may fall anywhere in it. */
const POLL_MS = 500;

const LOOK_MS = 10;

/** Ten times what is promised: above it a change counts as lost. */
const LOST_MS = 10_000;

export const convergence: BenchCase = {
  id: "convergence",
  title: "Time until both other replicas serve a change, three replicas, poll every 500 ms",
  async measure(bench) {
    const { mysql, minio } = bench;
    const cluster = await startCluster({ mysql, minio, mode: "replicas", replicas: 3 });
    try {
      const rows: Row[] = [];
      for (const kind of KINDS) rows.push(...(await measureKind(cluster, kind, bench)));
      return rows;
    } finally {
      await cluster.stop();
    }
  },
};

async function measureKind(cluster: Cluster, kind: Kind, { quick, progress }: Bench): Promise<Row[]> {
  const times: number[] = [];
  await kind.prepare?.(cluster);
  for (let index = 0; index < (quick ? 3 : kind.changes); index += 1) {
    const origin = index % cluster.replicas.length;
    await sleep(Math.random() * POLL_MS);
    await kind.change(cluster, origin, index);
    const began = performance.now();
    const others = cluster.replicas.filter((replica) => replica.index !== origin);
    await Promise.all(others.map((replica) => until(() => kind.shown(cluster, replica, index), kind.name)));
    times.push(performance.now() - began);
  }
  progress(`  ${kind.name}: p99 ${percentile(times, 99).toFixed(0)} ms of ${times.length}`);
  const row = (metric: string, value: number, unit = "ms"): Row => ({
    subject: REPLICA,
    case: `replicas-convergence-${kind.id}`,
    metric,
    value,
    unit,
  });
  return [
    row("p50", percentile(times, 50)),
    row("p99", percentile(times, 99)),
    row("max", Math.max(...times)),
    row("changes", times.length, ""),
  ];
}

async function until(shown: () => Promise<boolean>, what: string): Promise<void> {
  for (const deadline = performance.now() + LOST_MS; !(await shown()); await sleep(LOOK_MS)) {
    if (performance.now() > deadline) throw new Error(`A change was not served within ${LOST_MS} ms: ${what}`);
  }
}
