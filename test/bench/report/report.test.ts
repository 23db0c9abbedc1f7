import { describe, expect, test } from "vitest";
import { CASES } from "../cases/all.ts";
import { withoutFigures } from "../cases/case.ts";
import type { Row, Value } from "../row.ts";
import { percentile, spreadOf } from "../statistics.ts";
import { plot } from "./plot.ts";
import { report, type Measured } from "./report.ts";
import { TARGETS } from "./targets.ts";

const subjects: Measured["subjects"] = [
  { name: "stateless-ghost", version: "1.2.3" },
  { name: "Ghost S3Storage", version: "6.65.0" },
  { name: "ghos3", version: "3.1.0" },
];

function rowsOf(name: string, metric: string, values: Record<string, Value[]>): Row[] {
  return Object.entries(values).flatMap(([subject, runs]) =>
    runs.map((value) => ({ subject, case: name, metric, value, unit: "" })),
  );
}

function reportOf(rows: Row[], failures: string[] = []): string {
  return report({
    rows,
    failures,
    subjects,
    cases: CASES,
    machine: { cpu: "a processor", cores: 2, memoryGiB: 8, system: "Linux", node: "v24" },
    store: "MinIO",
    date: new Date("2026-01-02T03:04:05Z"),
    runs: 3,
    command: "npm run bench",
  });
}

const line = (text: string, start: string) => text.split("\n").find((one) => one.startsWith(start));

describe("the report", () => {
  test("gives medians, spreads, the ratio and whether the target is met", () => {
    const text = reportOf(
      rowsOf("video-200mb-80ms", "time", {
        "stateless-ghost": [2, 1, 3],
        "Ghost S3Storage": [9, 8, 10],
        ghos3: [4, 4, 4],
      }),
    );
    expect(text).toContain(
      "| time, s | 2 (1–3) | 9 (8–10) | 4 | 4.50× | ≥ 4× faster than Ghost's own: met; faster than ghos3: met |",
    );
  });

  test("says of an unmet target that it is not met", () => {
    const text = reportOf(
      rowsOf("video-200mb-20ms", "time", { "stateless-ghost": [3], "Ghost S3Storage": [4], ghos3: [2] }),
    );
    expect(text).toContain("| ≥ 2× faster than Ghost's own | 1.33× | **not met**: not yet explained |");
    expect(text).toContain("| faster than ghos3 | 0.67× | **not met**: not yet explained |");
  });

  test("counts more throughput as better, and wants exact figures of every run", () => {
    const text = reportOf([
      ...rowsOf("images-10mb-0ms", "throughput", { "stateless-ghost": [300], "Ghost S3Storage": [200] }),
      ...rowsOf("equal-names-50", "lost", { "stateless-ghost": [0, 0, 1] }),
    ]);
    expect(text).toContain("| at least as fast as Ghost's own | 1.50× | met |");
    expect(text).toContain("| 0 lost in every run | 0–1 | **not met**: not yet explained |");
  });

  test("never prints a number for what a subject cannot do, failed at, or was not asked", () => {
    const text = reportOf(
      rowsOf("size-cold", "resizes", { "stateless-ghost": [1], "Ghost S3Storage": [100, "failed"], ghos3: ["n/a"] }),
      ["sizes, run 2: why"],
    );
    expect(line(text, "| resizes |")).toContain("| 1 | failed in 1 of 2 | n/a | – |");
    expect(line(text, "| p50, ms |")).toContain("| – | – | – |");
    expect(text).toContain("- sizes, run 2: why");
  });

  test("does not call a target met when a run failed", () => {
    const text = reportOf(rowsOf("equal-name-200th", "requests", { "stateless-ghost": [2, "failed"] }));
    expect(text).toContain("| ≤ 3 requests | – | **not met**: a run failed, see the end |");
    expect(text).toContain("| requests | failed in 1 of 2 | – | – | – | ≤ 3 requests: **not met** |");
  });

  test("has a target only for what is measured", () => {
    const measured = CASES.flatMap((one) => withoutFigures(one, "n/a")).map((row) => `${row.case} ${row.metric}`);
    for (const target of TARGETS) expect(measured).toContain(`${target.case} ${target.metric}`);
  });
});

test("the plot has a bar for each measured subject and says n/a for the others", () => {
  const rows = rowsOf("video-200mb-0ms", "time", { "stateless-ghost": [1, 2, 3], ghos3: ["n/a"] });
  const names = subjects.map(({ name }) => name);
  const groups = [{ label: "0 ms", case: "video-200mb-0ms" }];
  const svg = plot({ title: "a < b", subtitle: "", groups, metric: "time", subjects: names }, rows);
  expect(svg).toContain("a &lt; b");
  expect(svg.match(/<path class="whisker"/g)).toHaveLength(1);
  expect(svg.match(/>n\/a</g)).toHaveLength(2);
});

test("median and percentiles", () => {
  expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
  expect(spreadOf([5, 1, 3])).toEqual({ median: 3, min: 1, max: 5 });
  expect(percentile([3, 1, 2], 50)).toBe(2);
  expect(percentile([...Array(100).keys()], 95)).toBe(94);
});
