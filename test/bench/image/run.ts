import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { GHOST_VERSION } from "@stateless-ghost/local";
import { buildImage, buildOfficial } from "../../image/images.ts";
import { Minio } from "../../integration/commands/bucket.ts";
import { startMysql } from "../../integration/replicas/cluster/mysql.ts";
import { hasDocker } from "../../machine.ts";
import { thisMachine } from "../report/machine.ts";
import { writeResults } from "../report/results-files.ts";
import type { Row } from "../row.ts";
import { measureSizes, measureStarts } from "./measure.ts";
import { imageSection } from "./section.ts";

const RUNS = { whole: 7, quick: 2 };

const HELP = `Measures the image beside the one that the official recipe makes of the same Ghost, on MySQL and MinIO in
Docker. Takes about 3 minutes, and 10 more where the images have to be built.

Usage: npm run bench:image -- [options]

  --quick         ${RUNS.quick} starts of each instead of ${RUNS.whole}; prints its report and writes nothing
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
  const { quick, out, help } = values;
  if (help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (!hasDocker()) {
    throw new Error(
      "The bench needs Docker: it builds images and starts containers of them, and no Docker answers on this machine. " +
        "Nothing was measured, and earlier results are as they were. Start Docker, then run it again.",
    );
  }
  const rows = await measure(quick ? RUNS.quick : RUNS.whole);
  const command = `npm run bench:image${quick ? " -- --quick" : ""}`;
  const text = imageSection({ rows, machine: thisMachine(), date: new Date(), command });
  if (quick) process.stdout.write(`${text}\n`);
  else await writeResults(out, "image", text, rows);
  return 0;
}

async function measure(runs: number): Promise<Row[]> {
  progress("building the image");
  const ours = await buildImage(GHOST_VERSION);
  progress("building the official recipe");
  const images = { ours, official: await buildOfficial(GHOST_VERSION) };
  const [mysql, minio] = await Promise.all([startMysql(), Minio.start()]);
  try {
    const rows = await measureSizes(images);
    progress("starts");
    for await (const row of measureStarts({ mysql, minio, images, runs, progress })) rows.push(row);
    return rows;
  } finally {
    await minio.stop();
    await mysql.stop();
  }
}

// Ctrl-C, or the end of the program that started this one; MySQL and MinIO end with it
for (const end of ["SIGINT", "SIGTERM", "disconnect"]) process.once(end, () => process.exit(130));
process.channel?.unref();
try {
  process.exitCode = await main();
} catch (error) {
  progress(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
// connections that are kept alive must not hold the program
process.exit();
