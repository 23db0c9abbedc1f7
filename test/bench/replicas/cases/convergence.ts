import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { startCluster, type Cluster } from "../../../integration/replicas/cluster/cluster.ts";
import type { Row } from "../../row.ts";
import { percentile } from "../../statistics.ts";
import { REPLICA, rowsOf, type Bench, type BenchCase } from "../bench.ts";
import { KINDS, type Kind } from "../kinds.ts";

/** The default interval of the poll: a change may fall anywhere in it. */
const POLL_MS = 500;

const LOOK_MS = 10;

/** Ten times what is promised: above it a change counts as lost. */
const LOST_MS = 10_000;

const QUICK_CHANGES = 10;

export const convergence: BenchCase = {
  id: "convergence",
  title: "A change until both other replicas serve it",
  method:
    "Three replicas on two cores, poll every 500 ms. The changes of a kind go through the three in turn, at random moments " +
    "of the poll; time from the answer of the API, or the end of the SQL statement, to the end of the first answer with " +
    "the change by the slower of the other two, each of which is asked again 10 ms after each answer. " +
    "Redirects, tiers, offers and recommendations are changed at the same time. With fewer than 100 changes the p99 is " +
    "the maximum.",
  async *measure(bench) {
    const { mysql, minio } = bench;
    const cluster = await startCluster({ mysql, minio, mode: "replicas", replicas: 3 });
    try {
      for (const kind of KINDS.filter(({ light }) => !light)) yield* await measureKind(cluster, kind, bench);
      const light = KINDS.filter((kind) => kind.light).map((kind) => measureKind(cluster, kind, bench));
      for (const rows of await Promise.all(light)) yield* rows;
    } finally {
      await cluster.stop();
    }
  },
};

async function measureKind(cluster: Cluster, kind: Kind, { quick, progress, failed }: Bench): Promise<Row[]> {
  const row = rowsOf(REPLICA, `replicas-convergence-${kind.id}`);
  try {
    await kind.prepare?.(cluster);
    const began = performance.now();
    const times: number[] = [];
    const changes = quick ? QUICK_CHANGES : kind.changes;
    for (let index = 0; index < changes; index += 1) times.push(await timeOf(cluster, kind, index));
    const [p50, p99] = [percentile(times, 50), percentile(times, 99)];
    const seconds = (performance.now() - began) / 1000;
    progress(
      `  ${kind.name}: ${changes} in ${seconds.toFixed(0)} s, p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`,
    );
    return [
      row("changes", changes, ""),
      row("p50", p50, "ms"),
      row("p99", p99, "ms"),
      row("max", Math.max(...times), "ms"),
    ];
  } catch (error) {
    failed(kind.name, error);
    return ["p50", "p99", "max"].map((metric) => row(metric, "failed", "ms"));
  }
}

async function timeOf(cluster: Cluster, kind: Kind, index: number): Promise<number> {
  const origin = index % cluster.replicas.length;
  const others = cluster.replicas.filter((replica) => replica.index !== origin);
  const looks = others.map((replica) => () => kind.shown(cluster, replica, index));
  await whileAsked(kind.kept ? looks : [], async () => {
    await sleep(Math.random() * POLL_MS);
    await kind.change(cluster, origin, index);
  });
  const began = performance.now();
  await Promise.all(looks.map(until));
  return performance.now() - began;
}

/** As a site has visitors before a change, too. */
async function whileAsked(looks: readonly (() => Promise<boolean>)[], work: () => Promise<void>): Promise<void> {
  const end = new AbortController();
  // what goes wrong with a look does so again when the change is waited for
  for (const look of looks) void askAgain(look, end.signal).catch(() => {});
  await work().finally(() => end.abort());
}

async function askAgain(look: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  for (; !signal.aborted; await sleep(LOOK_MS)) await look();
}

async function until(shown: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + LOST_MS; !(await shown()); await sleep(LOOK_MS)) {
    if (performance.now() > deadline) throw new Error(`A change was not served within ${LOST_MS / 1000} s`);
  }
}
