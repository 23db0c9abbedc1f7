import { rmSync } from "node:fs";
import { cp, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildAdapter } from "@stateless-ghost/local";
import { CASES } from "./cases/all.ts";
import { ghostFolder } from "./ghost-folder.ts";
import { thisMachine } from "./report/machine.ts";
import { plot } from "./report/plot.ts";
import { report, type Measured } from "./report/report.ts";
import { writeResults } from "./report/results-files.ts";
import { runRounds } from "./rounds.ts";
import { startStore } from "./store.ts";
import { assertPresent, subjects } from "./subject.ts";
import { writeUploadFiles } from "./upload-files.ts";

const HELP = `Measures the storage adapter side by side with Ghost's own S3Storage and ghos3, against MinIO in Docker.

Usage: npm run bench -- [options]

  --quick             one run instead of five
  --runs <n>          so many runs
  --only <case>       only cases whose name begins like this; may be repeated
  --subject <name>    only this subject; may be repeated
  --ghost <folder>    an installed Ghost 6.65 (default: the one that npm start keeps)
  --out <folder>      where results.json, RESULTS.md and upload.svg go
  --help

A whole run writes to test/bench. One with --quick, --runs, --only or --subject prints its report
and writes nothing unless --out says where, so that it never replaces the results of a whole run.

Cases: ${CASES.map(({ id }) => id).join(", ")}
`;

const RUNS = 5;
const HERE = fileURLToPath(new URL(".", import.meta.url));

const progress = (line: string) => void process.stderr.write(`${line}\n`);

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      runs: { type: "string" },
      only: { type: "string", multiple: true },
      subject: { type: "string", multiple: true },
      ghost: { type: "string" },
      out: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const runs = values.quick ? 1 : countOf(values.runs);
  const cases = chosen(CASES, ({ id }) => id, values.only, "case");
  const whole = runs >= RUNS && values.only === undefined && values.subject === undefined;
  const out = values.out ?? (whole ? HERE : undefined);

  const store = await startStore();
  const folder = await mkdtemp(join(tmpdir(), "bench-"));
  // Ctrl-C, or the end of the program that started this one; the container goes with it.
  for (const end of ["SIGINT", "SIGTERM", "disconnect"]) process.once(end, () => process.exit(130));
  process.channel?.unref();
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  try {
    const ghost = await ghostFolder(values.ghost, progress);
    progress("building the adapter");
    const adapter = join(folder, "adapter");
    // A copy: a build that is made meanwhile must not change what is measured.
    await cp(await buildAdapter(), adapter, { recursive: true });
    const taking = chosen(subjects(adapter, ghost), ({ name }) => name, values.subject, "subject");
    for (const subject of taking) assertPresent(subject);
    progress("writing the files to upload");
    const files = await writeUploadFiles(folder);
    const outcome = await runRounds({ cases, subjects: taking, runs, store, files, ghost, progress });
    const measured: Measured = {
      ...outcome,
      cases,
      subjects: taking,
      machine: thisMachine(),
      store: store.version,
      date: new Date(),
      runs,
      command: commandOf(runs, values.only, values.subject),
    };
    await publish(measured, out);
    return outcome.failures.length > 0 ? 1 : 0;
  } finally {
    await store.stop();
  }
}

/** What measures the same again, on whatever machine. */
function commandOf(runs: number, only: string[] = [], subject: string[] = []): string {
  const flags = [
    ...(runs === RUNS ? [] : [`--runs ${runs}`]),
    ...only.map((prefix) => `--only ${prefix}`),
    ...subject.map((prefix) => `--subject "${prefix}"`),
  ];
  return flags.length === 0 ? "npm run bench" : `npm run bench -- ${flags.join(" ")}`;
}

function countOf(given: string | undefined): number {
  if (given === undefined) return RUNS;
  const count = Number(given);
  if (Number.isInteger(count) && count > 0) return count;
  throw new Error(`--runs takes a whole number above 0, not "${given}". Nothing was measured.`);
}

function chosen<T>(all: T[], nameOf: (one: T) => string, wanted: string[] | undefined, what: string): T[] {
  if (wanted === undefined) return all;
  for (const prefix of wanted) {
    if (all.some((one) => nameOf(one).startsWith(prefix))) continue;
    const names = all.map(nameOf).join(", ");
    throw new Error(`There is no ${what} "${prefix}". Nothing was measured. Choose among: ${names}`);
  }
  return all.filter((one) => wanted.some((prefix) => nameOf(one).startsWith(prefix)));
}

async function publish(measured: Measured, out: string | undefined): Promise<void> {
  const text = report(measured);
  if (out === undefined) {
    process.stdout.write(text);
    return;
  }
  const upload = {
    title: "Upload of a 200 MB video",
    subtitle: `Seconds by round trip to the store; median of ${measured.runs}, line from least to most. Less is better.`,
    groups: [0, 20, 80].map((rtt) => ({ label: `${rtt} ms`, case: `video-200mb-${rtt}ms` })),
    metric: "time",
    subjects: measured.subjects.map(({ name }) => name),
  };
  await mkdir(out, { recursive: true });
  await writeResults(out, "storage", text, measured.rows);
  await writeFile(join(out, "upload.svg"), plot(upload, measured.rows));
  progress(`wrote ${join(out, "RESULTS.md")}`);
}

try {
  process.exitCode = await main();
} catch (error) {
  progress(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
