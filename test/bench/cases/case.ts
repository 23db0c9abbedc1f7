import type { Figure } from "../row.ts";
import type { Store } from "../store.ts";
import type { Subject } from "../subject.ts";
import type { UploadFiles } from "../upload-files.ts";

/** What a case works with: one subject, an empty store, the files. */
export interface Bench {
  subject: Subject;
  store: Store;
  files: UploadFiles;
  /** Ghost's folder. */
  ghost: string;
}

/** One thing that is measured. `run` gives the figures of one run. */
export interface Case {
  id: string;
  /** What its figures' cases are called in the report, each with its metrics in order. */
  figures: { case: string; title: string; metrics: { metric: string; unit: string }[] }[];
  /** Whether this subject can do it at all; otherwise its figures are n/a. */
  possible?(subject: Subject): boolean;
  run(bench: Bench): Promise<Figure[]>;
}

/** Every figure of a case with the same value, for what could not be measured. */
export function withoutFigures(of: Case, value: "n/a" | "failed"): Figure[] {
  return of.figures.flatMap(({ case: name, metrics }) =>
    metrics.map(({ metric, unit }) => ({ case: name, metric, value, unit })),
  );
}

/** Names the values of one run after the case's own metrics, in their order. */
export function figuresOf(of: Case["figures"][number], values: Record<string, number>): Figure[] {
  return of.metrics.map(({ metric, unit }) => {
    const value = values[metric];
    if (value === undefined) throw new Error(`the case ${of.case} has measured no ${metric}`);
    return { case: of.case, metric, value, unit };
  });
}
