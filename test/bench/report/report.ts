import type { Case } from "../cases/case.ts";
import type { Row } from "../row.ts";
import type { SubjectName } from "../subject.ts";
import type { Machine } from "./machine.ts";
import { Medians } from "./medians.ts";
import { provenance } from "./provenance.ts";
import { spreadText, table } from "./table.ts";
import { TARGETS, timesBetter, type Target } from "./targets.ts";

export interface Measured {
  rows: Row[];
  cases: Case[];
  subjects: { name: SubjectName; version: string }[];
  machine: Machine;
  store: string;
  date: Date;
  runs: number;
  /** What makes these results again. */
  command: string;
  /** What went wrong in single runs. */
  failures: string[];
}

/** The whole of RESULTS.md, computed from the rows. */
export function report(measured: Measured): string {
  const medians = new Medians(measured.rows);
  return [
    "# Side by side",
    introduction(measured),
    plotOf(measured),
    "## Targets",
    targetTable(measured, medians),
    "## All figures",
    METHOD,
    ...measured.cases.flatMap(({ figures }) => figures).map((figures) => figureTable(figures, measured, medians)),
    ...failures(measured),
  ]
    .filter((part) => part !== "")
    .join("\n\n")
    .concat("\n");
}

function introduction(measured: Measured): string {
  const { subjects, machine, store, runs } = measured;
  const names = subjects.map(({ name, version }) => `${name} ${version}`).join(", ");
  return [
    `${names}. Each in a process of its own, ${runs === 1 ? "once" : `${runs} times in turn`}, against the same MinIO.`,
    "",
    provenance(measured, `Node ${machine.node}; ${store}, its data in memory, on the same machine`),
  ].join("\n");
}

function plotOf({ cases }: Measured): string {
  if (!cases.some(({ id }) => id.startsWith("video-"))) return "";
  return "![Seconds to upload a 200 MB video by round trip and adapter](upload.svg)";
}

const METHOD = `Median of the runs, with the least and the most. *Against Ghost's own*: how many times better, above 1 for the better.

- Each connection through the delay proxy takes one round trip to open and carries at most 4 MiB a round trip, as TCP does; at 0 ms there is no proxy.
- Memory is the highest resident memory above what the process had after saving one small picture (VmHWM). Event-loop delay and CPU time are the process's own.
- Pictures are JPEGs with a place in their EXIF data.
- Requests are counted by an HTTP proxy in front of MinIO. Sizes are made by the steps of Ghost's own middleware with Ghost's express and image-transform;
  a redirect counts as an answer, though the reader has still to follow it.`;

function verdict(target: Target, medians: Medians): { figure: string; verdict: string } {
  const found = target.figure(medians);
  if (found === undefined) {
    const failed = medians.rows("stateless-ghost", target.case, target.metric).some(({ value }) => value === "failed");
    return { figure: "–", verdict: failed ? "**not met**: a run failed, see the end" : "not measured" };
  }
  if (found.met) return { figure: found.text, verdict: "met" };
  return { figure: found.text, verdict: `**not met**: ${target.why ?? "not yet explained"}` };
}

function targetTable({ cases }: Measured, medians: Medians): string {
  const titles = new Map(cases.flatMap(({ figures }) => figures.map((figure) => [figure.case, figure.title])));
  const rows = TARGETS.filter((target) => titles.has(target.case)).map((target) => {
    const judged = verdict(target, medians);
    return [titles.get(target.case)!, target.metric, target.says, judged.figure, judged.verdict];
  });
  return table(["case", "metric", "target", "figure", "verdict"], rows);
}

function figureTable(figures: Case["figures"][number], { subjects }: Measured, medians: Medians): string {
  const rows = figures.metrics.map(({ metric, unit }) => {
    const times = timesBetter(medians, { case: figures.case, metric }, "Ghost S3Storage");
    const targets = TARGETS.filter((target) => target.case === figures.case && target.metric === metric);
    return [
      metric === unit ? metric : `${metric}, ${unit}`,
      ...subjects.map(({ name }) => cell(medians, name, figures.case, metric)),
      times === undefined ? "–" : `${times.toFixed(2)}×`,
      targets.map((target) => `${target.says}: ${verdict(target, medians).verdict.split(":")[0]}`).join("; "),
    ];
  });
  const head = ["", ...subjects.map(({ name }) => name), "against Ghost's own", "target"];
  return `### ${figures.title}\n\n${table(head, rows)}`;
}

function cell(medians: Medians, subject: string, name: string, metric: string): string {
  const rows = medians.rows(subject, name, metric);
  if (rows.length === 0) return "–";
  const spread = medians.spread(subject, name, metric);
  if (spread !== undefined) return spreadText(spread);
  const failed = rows.filter(({ value }) => value === "failed").length;
  return failed > 0 ? `failed in ${failed} of ${rows.length}` : "n/a";
}

function failures({ failures: lines }: Measured): string[] {
  return lines.length === 0 ? [] : ["## What failed", lines.map((failure) => `- ${failure}`).join("\n")];
}
