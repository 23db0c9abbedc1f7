import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Row } from "../../row.ts";
import { rowsOf, type BenchCase } from "../bench.ts";
import { inTurn, servesHome, withSubjects, type Subject } from "../subjects.ts";

const RUNS = { whole: 7, quick: 2 };

const LOOK_MS = 10;

export const starts: BenchCase = {
  id: "start",
  title: "A start on a warm database",
  method:
    "One process, in a folder and a database that it was started in before; the subjects in turn, the other one stopped. " +
    "*home*: from the start of the process to the first 200 of `/`. *ready*: to the first good answer of what a load " +
    "balancer asks, `/readyz` or `/ghost/api/admin/site/`.",
  measure: (bench) =>
    withSubjects(bench, { replicas: 1 }, async function* measureAll(subjects) {
      for (const { cluster } of subjects) await cluster.replica(0).stop();
      for (let run = 0; run < (bench.quick ? RUNS.quick : RUNS.whole); run += 1) {
        bench.progress(`  run ${run + 1}`);
        for (const subject of inTurn(run, subjects)) yield* await measureStart(subject);
      }
    }),
};

async function measureStart({ name, cluster }: Subject): Promise<Row[]> {
  const replica = cluster.replica(0);
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  await replica.start();
  while (!(await servesHome(replica))) await sleep(LOOK_MS);
  const home = seconds();
  while (!(await replica.isReady())) await sleep(LOOK_MS);
  const ready = seconds();
  await replica.stop();
  const row = rowsOf(name, "replicas-start");
  return [row("home", home, "s"), row("ready", ready, "s")];
}
