import { describe, expect, test } from "vitest";
import { Medians } from "../report/medians.ts";
import type { Row, Value } from "../row.ts";
import { REPLICA, rowsOf, STOCK } from "./bench.ts";
import { KINDS } from "./kinds.ts";
import { replicasSection } from "./section.ts";
import { medianOfPairs } from "./targets.ts";

const CASES = ["convergence", "start", "throughput", "memory"].map((id) => ({ id, title: `Case ${id}`, method: "" }));

function runs(name: string, metric: string, values: { ours: Value[]; stock?: Value[] }, unit = "s"): Row[] {
  const of = (subject: string, all: Value[]) => all.map((value) => rowsOf(subject, name)(metric, value, unit));
  return [...of(REPLICA, values.ours), ...of(STOCK, values.stock ?? [])];
}

function sectionOf(rows: Row[], failures: string[] = []): string {
  return replicasSection({
    rows,
    failures,
    cases: CASES,
    machine: { cpu: "a processor", cores: 2, memoryGiB: 8, system: "Linux", node: "v24" },
    mysql: "9.7.0",
    date: new Date("2026-01-02T03:04:05Z"),
    command: "npm run bench:replicas",
    quick: false,
  });
}

const line = (text: string, start: string) => text.split("\n").find((one) => one.startsWith(start));

describe("the section of replicas", () => {
  test("compares runs in pairs, as the machine is not always as fast", () => {
    const home = { ours: [5, 9, 6], stock: [4.5, 8.5, 2] };
    const text = sectionOf(runs("replicas-start", "home", home));
    expect(line(text, "| start on a warm database")).toContain("| +0.50 s | met |");
    expect(text).toContain("| home, s | 6 (5–9) | 4.50 (2–8.50) |");
    const place = { case: "replicas-start", metric: "home" };
    expect(medianOfPairs(new Medians(runs("replicas-start", "home", home)), place, (a, b) => a - b)).toBe(0.5);
  });

  test("says of an unmet target that it is not met, and what the processes bring", () => {
    const rows = [
      ...runs("replicas-throughput-1", "requests", { ours: [90], stock: [100] }, "1/s"),
      ...runs("replicas-throughput-2", "requests", { ours: [120], stock: [125] }, "1/s"),
    ];
    const text = sectionOf(rows);
    expect(line(text, "| home page by 1 process")).toContain("| 0.900× | **not met**: not yet explained |");
    expect(line(text, "| home page by 2 processes")).toContain("| 0.960× | **not met**");
    expect(text).toContain("| 1 process: requests, 1/s | 90 | 100 |");
    expect(text).toContain("answer 1.20× as many as one of stock Ghost, and 0.960× as many as two of stock Ghost");
  });

  test("has a verdict for each kind of change, and one for all", () => {
    const kinds = KINDS.map(({ id }, index) => ({ id, p99: index === 0 ? 1200 : 600 }));
    const rows = kinds.flatMap(({ id, p99 }) => runs(`replicas-convergence-${id}`, "p99", { ours: [p99] }, "ms"));
    const text = sectionOf(rows);
    expect(line(text, "| each kind of change")).toContain(`at most 1200 ms (${KINDS[0]?.name}) | **not met**`);
    expect(line(text, `| ${KINDS[0]?.name} |`)).toMatch(/\| 1200 \| – \| \*\*not met\*\* \|$/);
    expect(line(text, `| ${KINDS[1]?.name} |`)).toMatch(/\| 600 \| – \| met \|$/);
  });

  test("counts the looks that were quick enough", () => {
    const rows = [
      ...runs("replicas-poll-cost", "looks", { ours: [360] }, ""),
      ...runs("replicas-poll-cost", "looks-within-5ms", { ours: [352] }, ""),
    ];
    expect(line(sectionOf(rows), "| idle replica's looks")).toContain("| 97.8 % of 360 | **not met**");
  });

  test("does not call a target met when a run failed, and has no figure that was not measured", () => {
    const failed = runs("replicas-memory", "rss-idle", { ours: [400, "failed"], stock: [390, 391] }, "MiB");
    const text = sectionOf(failed, ["memory: why"]);
    expect(line(text, "| resident memory, idle")).toContain("| – | **not met**: a run failed, see the end |");
    expect(line(text, "| resident memory, after")).toContain("| – | not measured |");
    expect(line(text, "| rss-idle, MiB |")).toBe("| rss-idle, MiB | failed in 1 of 2 | 391 (390–391) |");
    expect(text).toContain("- memory: why");
    expect(text).toContain("### Case throughput");
    expect(text).toContain("Not measured.");
  });
});
