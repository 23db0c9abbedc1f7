import { withoutFigures, type Bench, type Case } from "./cases/case.ts";
import type { Row } from "./row.ts";
import type { Store } from "./store.ts";
import type { Subject } from "./subject.ts";
import type { UploadFiles } from "./upload-files.ts";

export interface Rounds {
  cases: Case[];
  subjects: Subject[];
  runs: number;
  store: Store;
  files: UploadFiles;
  ghost: string;
  progress(line: string): void;
}

export interface RoundsOutcome {
  rows: Row[];
  failures: string[];
}

/** Runs every case: the subjects in turn, then again, so that a busy moment of the machine meets them all alike. */
export async function runRounds(rounds: Rounds): Promise<RoundsOutcome> {
  const { cases, subjects, runs, store, files, ghost, progress } = rounds;
  const outcome: RoundsOutcome = { rows: [], failures: [] };
  for (const [index, measured] of cases.entries()) {
    for (let run = 1; run <= runs; run += 1) {
      for (const subject of subjects) {
        progress(`case ${index + 1}/${cases.length} ${measured.id}, run ${run}/${runs}: ${subject.name}`);
        await store.empty();
        const rows = await runOnce(measured, { subject, store, files, ghost }, run, outcome.failures);
        outcome.rows.push(...rows);
        progress(`  ${summary(rows)}`);
      }
    }
  }
  await store.empty();
  return outcome;
}

async function runOnce(measured: Case, bench: Bench, run: number, failures: string[]): Promise<Row[]> {
  const subject = bench.subject.name;
  const named = (figures: Omit<Row, "subject">[]): Row[] => figures.map((figure) => ({ subject, ...figure }));
  if (measured.possible?.(bench.subject) === false) return named(withoutFigures(measured, "n/a"));
  try {
    return named(await measured.run(bench));
  } catch (error) {
    failures.push(`${measured.id}, run ${run}, ${subject}: ${(error as Error).message}`);
    return named(withoutFigures(measured, "failed"));
  }
}

function summary(rows: Row[]): string {
  return rows
    .map(
      ({ metric, value, unit }) => `${metric} ${typeof value === "number" ? Number(value.toFixed(2)) : value} ${unit}`,
    )
    .join(", ");
}
