import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { getContainerRuntimeClient } from "testcontainers";
import { Minio } from "../../integration/commands/bucket.ts";
import { startMysql, type Mysql } from "../../integration/replicas/cluster/mysql.ts";
import { ending, progress } from "../command.ts";
import { thisMachine } from "../report/machine.ts";
import { writeResults } from "../report/results-files.ts";
import type { Row } from "../row.ts";
import type { BenchCase } from "./bench.ts";
import { convergence } from "./cases/convergence.ts";
import { memory } from "./cases/memory.ts";
import { pollCost } from "./cases/poll-cost.ts";
import { starts } from "./cases/starts.ts";
import { throughput } from "./cases/throughput.ts";
import { replicasSection } from "./section.ts";

const CASES: readonly BenchCase[] = [convergence, pollCost, starts, throughput, memory];

const IDS = CASES.map(({ id }) => id).join(", ");

const HELP = `Measures ghost-replica side by side with stock Ghost, on MySQL and MinIO in Docker. Takes about 25 minutes.

Usage: npm run bench:replicas -- [options]

  --quick         a tenth of the runs, to see that it works
  --only <case>   only cases whose name begins like this; may be repeated
  --out <folder>  where results.json and RESULTS.md are
  --help

A whole run writes its part of test/bench/RESULTS.md and results.json. One with --quick or --only prints its
report and writes nothing unless --out says where.

Cases: ${IDS}
`;

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
  const cases = chosen(only);
  const whole = !quick && only === undefined;
  const out = values.out ?? (whole ? resolve(import.meta.dirname, "..") : undefined);
  // before anything is measured that could then not be written
  if (out !== undefined) await mkdir(out, { recursive: true });
  await assertDocker();
  // Ctrl-C, or the end of the program that started this one; what it has started ends with it
  for (const end of ["SIGINT", "SIGTERM", "disconnect"]) process.once(end, () => process.exit(130));
  process.channel?.unref();
  const measured = await measure(cases, quick);
  const flags = [...(quick ? ["--quick"] : []), ...(only ?? []).map((id) => `--only ${id}`)];
  const command = `npm run bench:replicas${flags.length > 0 ? ` -- ${flags.join(" ")}` : ""}`;
  const text = replicasSection({ ...measured, cases, machine: thisMachine(), date: new Date(), command, quick });
  if (out === undefined) process.stdout.write(`${text}\n`);
  else await writeResults(out, "replicas", text, measured.rows);
  return measured.failures.length > 0 ? 1 : 0;
}

function chosen(only: readonly string[] | undefined): readonly BenchCase[] {
  if (only === undefined) return CASES;
  for (const prefix of only) {
    if (CASES.some(({ id }) => id.startsWith(prefix))) continue;
    throw new Error(`There is no case "${prefix}". Nothing was measured. Choose among: ${IDS}`);
  }
  return CASES.filter(({ id }) => only.some((prefix) => id.startsWith(prefix)));
}

async function assertDocker(): Promise<void> {
  try {
    await getContainerRuntimeClient();
  } catch (cause) {
    throw new Error(
      "The bench needs Docker: it measures on MySQL and MinIO in containers, and no Docker answers on this machine. " +
        "Nothing was measured, and earlier results are as they were. Start Docker, then run it again.",
      { cause },
    );
  }
}

interface Outcome {
  rows: Row[];
  failures: string[];
  /** Version of MySQL. */
  mysql: string;
}

async function measure(cases: readonly BenchCase[], quick: boolean): Promise<Outcome> {
  const [mysql, minio] = await Promise.all([startMysql(), Minio.start()]);
  const outcome: Outcome = { rows: [], failures: [], mysql: await versionOf(mysql) };
  const failed = (what: string, error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    progress(`  failed: ${what}: ${reason}`);
    outcome.failures.push(`${what}: ${reason.split("\n")[0]}`);
  };
  try {
    for (const each of cases) {
      progress(`${each.id}: ${each.title}`);
      const began = Date.now();
      try {
        for await (const row of each.measure({ mysql, minio, quick, progress, failed })) outcome.rows.push(row);
      } catch (error) {
        failed(each.id, error);
      }
      progress(`  ${each.id} took ${((Date.now() - began) / 1000).toFixed(0)} s`);
    }
    return outcome;
  } finally {
    await minio.stop();
    await mysql.stop();
  }
}

async function versionOf(mysql: Mysql): Promise<string> {
  const [found] = await mysql.query("SELECT VERSION() AS version");
  return String(found?.version);
}

await ending(main);
