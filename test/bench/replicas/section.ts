import type { Machine } from "../report/machine.ts";
import { Medians } from "../report/medians.ts";
import type { Row } from "../row.ts";
import { REPLICA, STOCK, type BenchCase } from "./bench.ts";
import { KINDS } from "./kinds.ts";

export interface MeasuredReplicas {
  readonly rows: Row[];
  readonly cases: readonly BenchCase[];
  readonly machine: Machine;
  readonly date: Date;
  readonly command: string;
}

/** What is to be reached, and how it came out; undefined where a row it needs was not measured. */
interface Target {
  readonly says: string;
  readonly figure: (medians: Medians) => { text: string; met: boolean } | undefined;
}

const SECOND_MS = 1000;

const differenceOf = (case_: string, metric: string, most: number, unit: string, says: string): Target => ({
  says,
  figure(medians) {
    const [ours, stock] = [medians.median(REPLICA, case_, metric), medians.median(STOCK, case_, metric)];
    if (ours === undefined || stock === undefined) return undefined;
    return { text: `${(ours - stock).toFixed(2)} ${unit} more`, met: ours - stock <= most };
  },
});

const ratioOf = (case_: string, least: number, says: string): Target => ({
  says,
  figure(medians) {
    const [ours, stock] = [medians.median(REPLICA, case_, "requests"), medians.median(STOCK, case_, "requests")];
    if (ours === undefined || stock === undefined) return undefined;
    return { text: `${(ours / stock).toFixed(2)}×`, met: ours / stock >= least };
  },
});

const TARGETS: readonly Target[] = [
  {
    says: "every kind of change is served by all within 1 s (p99)",
    figure(medians) {
      const found = KINDS.map(({ id }) => medians.median(REPLICA, `replicas-convergence-${id}`, "p99"));
      const known = found.filter((value) => value !== undefined);
      if (known.length < KINDS.length) return undefined;
      const worst = Math.max(...known);
      return { text: `at most ${worst.toFixed(0)} ms`, met: worst < SECOND_MS };
    },
  },
  {
    says: "the poll's statement takes less than 5 ms (p99)",
    figure(medians) {
      const p99 = medians.median(REPLICA, "replicas-poll-cost", "statement-p99");
      return p99 === undefined ? undefined : { text: `${p99.toFixed(2)} ms`, met: p99 < 5 };
    },
  },
  differenceOf("replicas-poll-cost", "cpu", 1, "% of a core", "idle, less than 1 % of a core more than stock"),
  differenceOf("replicas-start", "time", 1, "s", "a start on a warm database takes at most 1 s more than stock"),
  differenceOf("replicas-start", "memory", 30, "MiB", "at most 30 MiB more resident memory than stock"),
  ratioOf("replicas-throughput-1-process", 0.97, "home page by 1 process: at least 0.97× stock"),
  ratioOf("replicas-throughput-2-processes", 0.97, "home page by 2 processes: at least 0.97× 2 of stock"),
];

/** The section of RESULTS.md, computed from the rows. */
export function replicasSection({ rows, cases, machine, date, command }: MeasuredReplicas): string {
  const medians = new Medians(rows);
  return [
    "# Replicas",
    `Ghost 6.65.0 run by \`ghost-replica\` and by \`node index.js\`, against the same MySQL 9.7 and MinIO in containers on the same machine.

- Machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB memory, ${machine.system}; Node ${machine.node}
- Measured on ${date.toISOString().slice(0, 10)} by \`${command}\`; the figure of every run is in [results.json](results.json)`,
    "## Targets of replicas",
    table(
      ["target", "figure", "verdict"],
      TARGETS.map((target) => judged(target, medians)),
    ),
    ...cases.map(({ id, title }) => `### ${title}\n\n${figures(id, rows, medians)}`),
  ].join("\n\n");
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function judged({ says, figure }: Target, medians: Medians): string[] {
  const found = figure(medians);
  if (!found) return [says, "–", "not measured"];
  return [says, found.text, found.met ? "met" : "**not met**"];
}

function figures(id: string, rows: readonly Row[], medians: Medians): string {
  const own = rows.filter((row) => row.case.startsWith(`replicas-${id}`));
  const places = [...new Set(own.map((row) => `${row.case}|${row.metric}|${row.unit}`))];
  const body = places.map((place) => {
    const [name = "", metric = "", unit = ""] = place.split("|");
    const title = `${name.replace(`replicas-${id}`, "").replace(/^-/, "")} ${metric}${unit ? `, ${unit}` : ""}`.trim();
    return [title, cell(medians, REPLICA, name, metric), cell(medians, STOCK, name, metric)];
  });
  return body.length === 0 ? "Not measured." : table(["", REPLICA, STOCK], body);
}

function cell(medians: Medians, subject: string, name: string, metric: string): string {
  const spread = medians.spread(subject, name, metric);
  if (!spread) return "–";
  const { median, min, max } = spread;
  return min === max ? short(median) : `${short(median)} (${short(min)}–${short(max)})`;
}

function short(value: number): string {
  return Math.abs(value) >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(2);
}

function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  return [line(head), line(head.map(() => "---")), ...body.map(line)].join("\n");
}
