import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { GHOST } from "../../e2e/images.ts";
import { CLUSTER_NEEDS } from "../../e2e/needs.ts";
import { build, enter } from "../../e2e/stage.ts";
import { buildOfficial } from "../../image/images.ts";
import { thisMachine } from "../report/machine.ts";
import { writeResults } from "../report/results-files.ts";
import type { Row } from "../row.ts";
import { coldStarts, deaths, disruptions, type Subject } from "./cases.ts";
import { installNaive, removeNaive } from "./naive.ts";
import { clusterSection, NAIVE, OURS } from "./section.ts";

/** Of each kind of disruption: four of them make the hundred thousand that are wanted. */
const WHOLE = { starts: 10, deaths: 3, perSecond: 100, least: 25_000 };

const QUICK = { starts: 2, deaths: 1, perSecond: 20, least: 200 };

const HELP = `Measures the chart on a cluster of kind beside the defaults of the field: starts of pods, and requests that are lost
while pods come and go. Takes about 45 minutes, and 10 more where images have to be built.

Usage: npm run bench:k8s -- [options]

  --quick         a few starts and requests, to see that it works; prints its report and writes nothing
  --out <folder>  where results.json and RESULTS.md are
  --help

It writes its part of test/bench/RESULTS.md and results.json.
`;

const progress = (line: string) => void process.stderr.write(`${line}\n`);

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      out: { type: "string", default: resolve(import.meta.dirname, "..") },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const lacking = CLUSTER_NEEDS.filter(({ met }) => !met).map(({ name }) => name);
  if (lacking.length > 0) {
    throw new Error(
      `The bench needs ${lacking.join(", ")}. Nothing was measured, and earlier results are as they were.`,
    );
  }
  const rows = await measure(values.quick ? QUICK : WHOLE);
  const command = `npm run bench:k8s${values.quick ? " -- --quick" : ""}`;
  const text = clusterSection({ rows, machine: thisMachine(), date: new Date(), command });
  if (values.quick) process.stdout.write(`${text}\n`);
  else await writeResults(values.out, "k8s", text, rows);
  return 0;
}

async function measure(amount: typeof WHOLE): Promise<Row[]> {
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
    for (const subject of [ours, naive]) {
      progress(`${subject.name}: starts`);
      for await (const row of coldStarts(subject, amount.starts)) rows.push(row);
      progress(`${subject.name}: disruptions`);
      for await (const row of disruptions(stage.kind, subject, amount)) rows.push(row);
    }
    await removeNaive(stage.kind);
    progress(`${OURS}: deaths of a node`);
    for await (const row of deaths(stage.kind, ours, amount.deaths)) rows.push(row);
    return rows;
  } finally {
    await remove();
  }
}

process.channel?.unref();
try {
  process.exitCode = await main();
} catch (error) {
  progress(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
// connections that are kept alive must not hold the program
process.exit();
