import { performance } from "node:perf_hooks";
import type { Figure, Row } from "../row.ts";
import { ended } from "../../backup/ground.ts";
import { loadWithClient, pipe } from "./pipe.ts";
import { CASES, OURS, PIPE, type DatabaseName } from "./subjects.ts";
import type { BackupStage } from "./stage.ts";

const MB = 1_000_000;

const DATABASE = "restored";

const of = (subject: string, figures: readonly Figure[]): Row[] => figures.map((figure) => ({ subject, ...figure }));

/** One run of each, the subjects in turn. */
export async function* measureDatabase(stage: BackupStage, name: DatabaseName, database: string): AsyncGenerator<Row> {
  const figure = (metric: string, value: number, unit: string): Figure => ({
    case: CASES[name],
    metric,
    value: Math.round(value * 1000) / 1000,
    unit,
  });
  const dump = await pipe(stage, database);
  yield* of(PIPE, [figure("dump", dump.seconds, "s"), figure("size", dump.bytes / MB, "MB")]);
  const load = await loadWithClient(stage, dump, DATABASE);
  yield* of(PIPE, [figure("restore", load, "s")]);
  await dump.remove();

  const { timings, object, peakMiB } = await backUp(stage, database);
  yield* of(OURS, [
    figure("dump", timings.dump, "s"),
    figure("total", timings.total, "s"),
    figure("size", object.size / MB, "MB"),
    figure("memory", peakMiB, "MiB"),
  ]);
  const restored = await restore(stage, database);
  yield* of(OURS, [figure("restore", restored.seconds, "s"), figure("restore memory", restored.peakMiB, "MiB")]);
}

interface BackedUp {
  readonly timings: { readonly dump: number; readonly total: number };
  readonly object: { readonly size: number };
  readonly peakMiB: number;
}

async function backUp(stage: BackupStage, database: string): Promise<BackedUp> {
  const finished = await stage.toolbox.run(["run", "--json"], { ...stage.source, MYSQL_DATABASES: database });
  ended(finished);
  const { backups } = JSON.parse(finished.stdout) as { backups: Omit<BackedUp, "peakMiB">[] };
  return { ...backups[0]!, peakMiB: finished.peakMiB };
}

/** From the start of the program to its end, verification included. */
async function restore(stage: BackupStage, database: string): Promise<{ seconds: number; peakMiB: number }> {
  await stage.target.drop(DATABASE);
  const begun = performance.now();
  const argv = ["restore", "latest", "--database", database, "--into", DATABASE, "--create-definers"];
  const finished = await stage.toolbox.run(argv, stage.destination);
  const seconds = (performance.now() - begun) / 1000;
  ended(finished);
  await stage.target.drop(DATABASE);
  return { seconds, peakMiB: finished.peakMiB };
}
