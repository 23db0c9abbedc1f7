import { GHOST_VERSION } from "@stateless-ghost/local";
import type { Machine } from "../report/machine.ts";
import { Medians } from "../report/medians.ts";
import { provenance } from "../report/provenance.ts";
import { spreadText, table } from "../report/table.ts";
import type { Row } from "../row.ts";
import { REPLICA, STOCK, type BenchCase } from "./bench.ts";
import { KINDS } from "./kinds.ts";
import { convergenceTarget, judge, medianOfPairs, TARGETS } from "./targets.ts";

export interface MeasuredReplicas {
  readonly rows: Row[];
  readonly cases: readonly Pick<BenchCase, "id" | "title" | "method">[];
  readonly machine: Machine;
  /** Version of the server. */
  readonly mysql: string;
  readonly date: Date;
  /** What makes these results again. */
  readonly command: string;
  /** So little was measured that the figures say no more than that the bench works. */
  readonly quick: boolean;
  /** What went wrong in cases and parts of them. */
  readonly failures: readonly string[];
}

const QUICK =
  "**With `--quick`**, so that neither figures nor verdicts count: a hundredth of the rows, a tenth of the changes and of " +
  "the time, and fewer runs than is said below.";

/** The section of RESULTS.md, computed from the rows. */
export function replicasSection(measured: MeasuredReplicas): string {
  const { rows, cases, failures, quick } = measured;
  const medians = new Medians(rows);
  return [
    "# Replicas",
    introduction(measured),
    ...(quick ? [QUICK] : []),
    "## Targets of replicas",
    targetTable(medians),
    "## All figures of replicas",
    "Median of the runs, with the least and the most.",
    ...cases.map(({ id, title, method }) => `### ${title}\n\n${method}\n\n${figuresOf(id, rows, medians)}`),
    ...(failures.length > 0 ? ["## What failed in replicas", failures.map((line) => `- ${line}`).join("\n")] : []),
  ].join("\n\n");
}

function introduction(measured: MeasuredReplicas): string {
  return [
    `Ghost ${GHOST_VERSION} run by \`ghost-replica\`, and stock: by \`node current/index.js\`. Both in production, on the same MySQL.`,
    "",
    provenance(
      measured,
      `Node ${measured.machine.node}; MySQL ${measured.mysql} and MinIO in containers on the same machine`,
    ),
  ].join("\n");
}

function targetTable(medians: Medians): string {
  const judged = TARGETS.map((target) => {
    const { figure, verdict } = judge(target, medians);
    return [target.says, figure, verdict];
  });
  return table(["target", "figure", "verdict"], judged);
}

function figuresOf(id: string, rows: readonly Row[], medians: Medians): string {
  if (id === "convergence") return convergenceTable(medians);
  const own = rows.filter(({ case: name }) => name === `replicas-${id}` || name.startsWith(`replicas-${id}-`));
  const places = [...new Map(own.map((row) => [`${row.case} ${row.metric}`, row])).values()];
  if (places.length === 0) return "Not measured.";
  const body = places.map(({ case: name, metric, unit }) => {
    const part = name.slice(`replicas-${id}-`.length);
    const title = `${part === "" ? "" : `${PARTS[part] ?? part}: `}${metric}${unit === "" ? "" : `, ${unit}`}`;
    return [title, cell(medians, REPLICA, name, metric), cell(medians, STOCK, name, metric)];
  });
  return [table(["", REPLICA, STOCK], body), ...(id === "throughput" ? [ratios(medians)] : [])].join("\n\n");
}

const PARTS: Record<string, string | undefined> = { 1: "1 process", 2: "2 processes" };

function convergenceTable(medians: Medians): string {
  const body = KINDS.map((kind) => {
    const figure = (metric: string) => cell(medians, REPLICA, `replicas-convergence-${kind.id}`, metric);
    const { verdict } = judge(convergenceTarget(kind), medians);
    return [kind.name, figure("changes"), figure("p50"), figure("p99"), figure("max"), verdict.split(":")[0] ?? ""];
  });
  return table(["kind of change", "changes", "p50, ms", "p99, ms", "max, ms", "p99 < 1 s"], body);
}

/** What a second process brings: no target, as it depends on what else has the two cores. */
function ratios(medians: Medians): string {
  const times = (name: string) =>
    medianOfPairs(medians, { case: name, metric: "requests" }, (ours, stock) => ours / stock);
  const [alone, two] = [
    medians.median(STOCK, "replicas-throughput-1", "requests"),
    medians.median(REPLICA, "replicas-throughput-2", "requests"),
  ];
  const twoOfStock = medians.median(STOCK, "replicas-throughput-2", "requests");
  if (alone === undefined || two === undefined || twoOfStock === undefined) return "";
  const fair = times("replicas-throughput-2")?.toFixed(3) ?? "–";
  return (
    `Two processes of ghost-replica answer ${(two / alone).toFixed(2)}× as many as one of stock Ghost, and ${fair}× as many ` +
    `as two of stock Ghost, which answer ${(twoOfStock / alone).toFixed(2)}× as many as one.`
  );
}

function cell(medians: Medians, subject: string, name: string, metric: string): string {
  const rows = medians.rows(subject, name, metric);
  if (rows.length === 0) return "–";
  const spread = medians.spread(subject, name, metric);
  if (spread) return spreadText(spread);
  return `failed in ${rows.filter(({ value }) => value === "failed").length} of ${rows.length}`;
}
