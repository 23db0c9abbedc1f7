import { GHOST } from "../../e2e/images.ts";
import { CLUSTER_NEEDS } from "../../e2e/needs.ts";
import { build, enter } from "../../e2e/stage.ts";
import { buildOfficial } from "../../image/images.ts";
import { runBench } from "../command.ts";
import type { Row } from "../row.ts";
import { coldStarts, deaths, disruptions, type Subject } from "./cases.ts";
import { installNaive, removeNaive } from "./naive.ts";
import { clusterSection, NAIVE, OURS } from "./section.ts";

interface Amount {
  readonly starts: number;
  readonly deaths: number;
  readonly perSecond: number;
  /** Requests in each kind of disruption: four of them make the hundred thousand that are wanted. */
  readonly ours: number;
  /** Fewer will do where some are lost. */
  readonly naive: number;
}

await runBench<Amount>({
  part: "k8s",
  about: `Measures the chart on a cluster of kind beside the defaults of the field: starts of pods, requests that are lost while
pods come and go, and the death of a node. Takes about 50 minutes, and 10 more where images have to be built.`,
  needs: CLUSTER_NEEDS,
  whole: { starts: 10, deaths: 3, perSecond: 100, ours: 25_000, naive: 10_000 },
  quick: { starts: 2, deaths: 1, perSecond: 20, ours: 200, naive: 200 },
  measure,
  section: clusterSection,
});

async function measure(amount: Amount, progress: (line: string) => void): Promise<Row[]> {
  const remove = await build(progress);
  const rows: Row[] = [];
  try {
    const stage = await enter();
    // an autoscaler would change the number of pods in the middle of it
    await stage.release.scale(2);
    const ours: Subject = { name: OURS, workload: stage.release, blog: stage.blog, pictures: true };
    progress("the defaults of the field");
    const image = await buildOfficial(GHOST.now);
    await stage.kind.load([image]);
    const naive: Subject = { name: NAIVE, ...(await installNaive(stage, image)), pictures: false };
    for (const [subject, least] of [
      [ours, amount.ours],
      [naive, amount.naive],
    ] as const) {
      progress(`${subject.name}: starts`);
      for await (const row of coldStarts(subject, amount.starts)) rows.push(row);
      progress(`${subject.name}: disruptions`);
      for await (const row of disruptions(stage.kind, subject, amount.perSecond, least)) rows.push(row);
    }
    await removeNaive(stage.kind);
    progress(`${OURS}: deaths of a node`);
    for await (const row of deaths(stage.kind, ours, amount.deaths)) rows.push(row);
    return rows;
  } finally {
    await remove();
  }
}
