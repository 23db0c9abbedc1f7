import type { Row } from "../../row.ts";
import { rowsOf, type BenchCase } from "../bench.ts";
import { askHome } from "../load.ts";
import { hostOf, inTurn, withSubjects, type Subject } from "../subjects.ts";

const RUNS = { whole: 5, quick: 2 };

/** Long enough for some hundred pages. */
const SECONDS = { whole: 8, quick: 2 };

/** Until the compiler has seen the hot functions; not counted. */
const WARM_UP_SECONDS = { whole: 6, quick: 2 };

export const throughput: BenchCase = {
  id: "throughput",
  title: "Home page under load",
  method:
    "autocannon, 16 connections, each asks again as soon as it is answered, without a balancer: with two processes each " +
    "has half of the connections. The subjects in turn, all processes running throughout; MySQL and autocannon have the " +
    "same two cores.",
  measure: (bench) =>
    withSubjects(bench, { replicas: 2 }, async function* measureAll(subjects) {
      const { quick, progress } = bench;
      for (const subject of subjects) await ask(subject, 2, quick ? WARM_UP_SECONDS.quick : WARM_UP_SECONDS.whole);
      for (let run = 0; run < (quick ? RUNS.quick : RUNS.whole); run += 1) {
        progress(`  run ${run + 1}`);
        for (const processes of [1, 2] as const) {
          for (const subject of inTurn(run, subjects)) yield* await measureOnce(subject, processes, quick);
        }
      }
    }),
};

async function measureOnce(subject: Subject, processes: 1 | 2, quick: boolean): Promise<Row[]> {
  const { perSecond, p99Ms } = await ask(subject, processes, quick ? SECONDS.quick : SECONDS.whole);
  const row = rowsOf(subject.name, `replicas-throughput-${processes}`);
  return [row("requests", perSecond, "1/s"), row("p99", p99Ms, "ms")];
}

function ask(subject: Subject, processes: number, seconds: number) {
  return askHome(subject.cluster.replicas.slice(0, processes), hostOf(subject), seconds);
}
