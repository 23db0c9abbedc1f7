import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { Minio } from "../../integration/commands/bucket.ts";
import { startMysql } from "../../integration/replicas/cluster/mysql.ts";
import { thisMachine } from "../report/machine.ts";
import { writeResults } from "../report/results-files.ts";
import type { Row } from "../row.ts";
import type { BenchCase } from "./bench.ts";
import { convergence } from "./convergence.ts";
import { pollCost } from "./poll-cost.ts";
import { starts, throughput } from "./processes.ts";
import { replicasSection } from "./section.ts";

const CASES: readonly BenchCase[] = [starts, throughput, pollCost, convergence];

const HELP = `Measures ghost-replica side by side with stock Ghost, on MySQL and MinIO in Docker. Takes about 30 minutes.

Usage: npm run bench:replicas -- [options]

  --quick         a tenth of the runs, to see that it works
  --only <case>   only this case; may be repeated
  --out <folder>  where results.json and RESULTS.md go
  --help

A whole run writes its part of test/bench/RESULTS.md and results.json. One with --quick or --only prints its
report and writes nothing unless --out says where.

Cases: ${CASES.map(({ id }) => id).join(", ")}
`;

const progress = (line: string) => void process.stderr.write(`${line}\n`);

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string", multiple: true },
      out: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const { quick, only } = values;
  const cases = CASES.filter(({ id }) => only === undefined || only.includes(id));
  if (cases.length === 0)
    throw new Error(`There is no such case. Choose among: ${CASES.map(({ id }) => id).join(", ")}`);
  const rows = await measure(cases, quick);
  const flags = [...(quick ? ["--quick"] : []), ...(only ?? []).map((id) => `--only ${id}`)];
  const command = `npm run bench:replicas${flags.length > 0 ? ` -- ${flags.join(" ")}` : ""}`;
  const text = replicasSection({ rows, cases, machine: thisMachine(), date: new Date(), command });
  const whole = !quick && only === undefined;
  const out = values.out ?? (whole ? resolve(import.meta.dirname, "..") : undefined);
  if (out === undefined) process.stdout.write(`${text}\n`);
  else await writeResults(out, "replicas", text, rows);
  return 0;
}

async function measure(cases: readonly BenchCase[], quick: boolean): Promise<Row[]> {
  const [mysql, minio] = await Promise.all([startMysql(), Minio.start()]);
  try {
    const rows: Row[] = [];
    for (const each of cases) {
      progress(each.title);
      rows.push(...(await each.measure({ mysql, minio, quick, progress })));
    }
    return rows;
  } finally {
    await minio.stop();
    await mysql.stop();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  progress(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
}
// connections that are kept alive must not hold the program
process.exit();
