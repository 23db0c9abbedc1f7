import { expect, test } from "vitest";
import type { Row } from "../row.ts";
import { clusterSection, NAIVE, OURS } from "./section.ts";

const machine = { cpu: "a processor", cores: 2, memoryGiB: 8, system: "Linux", node: "v24" };

const row = (subject: string, name: string, metric: string, value: number): Row => ({
  subject,
  case: name,
  metric,
  value,
  unit: "",
});

const section = (rows: Row[]) =>
  clusterSection({ rows, machine, date: new Date("2026-01-02T03:04:05Z"), command: "npm run bench:k8s" });

const lost = (ours: number) => [
  row(OURS, "k8s-lost-a-rolling-update", "requests", 25_000),
  row(OURS, "k8s-lost-a-rolling-update", "lost", ours),
  row(NAIVE, "k8s-lost-a-rolling-update", "requests", 25_000),
  row(NAIVE, "k8s-lost-a-rolling-update", "lost", 70),
];

const death = (value: number) => [row(OURS, "k8s-reschedule", "full-strength", value)];

test("the section of Kubernetes shows what was lost beside the defaults of the field", () => {
  expect(section(lost(0))).toContain("| a rolling update | 0 of 25000 | 70 of 25000 | met |");
  expect(section(lost(1))).toContain("| a rolling update | 1 of 25000 | 70 of 25000 | **not met** |");
});

test("the section of Kubernetes says whether a dead node is made up for in time", () => {
  expect(section(death(18))).toContain("| full strength, s | 18 | ≤ 60 | met |");
  expect(section(death(61))).toContain("| full strength, s | 61 | ≤ 60 | **not met** |");
});
