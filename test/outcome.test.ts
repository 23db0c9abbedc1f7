import { expect, it } from "vitest";
import { outcomeOf, skippedLines } from "./outcome.ts";

function test(status: string, ...titles: string[]) {
  return { status, title: titles.at(-1) ?? "", ancestorTitles: titles.slice(0, -1) };
}

function file(status: string, ...assertionResults: ReturnType<typeof test>[]) {
  return { name: "a.test.ts", status, assertionResults };
}

it("counts, and gathers what was skipped by its reason", () => {
  const report = {
    testResults: [
      file(
        "passed",
        test("passed", "a"),
        test("pending", "contract on MinIO [no Docker]", "put"),
        test("pending", "contract on MinIO [no Docker]", "deep", "get"),
        test("skipped", "the editor [no Docker, no Chromium]", "drop"),
      ),
      file("failed", test("failed", "b"), test("todo", "later")),
    ],
  };
  const outcome = outcomeOf(report, 1);
  expect(outcome).toMatchObject({ passed: 1, failed: 1, skipped: 4 });
  expect(skippedLines(outcome)).toEqual([
    "no Docker: contract on MinIO (2)",
    "no Docker, no Chromium: the editor (1)",
    "skipped by its author: later (1)",
  ]);
});

it.each([
  ["a crash without a report", undefined, 134],
  ["no tests at all", { testResults: [] }, 0],
  ["an error outside of any test", { testResults: [file("passed", test("passed", "a"))] }, 1],
  ["a file that cannot be loaded", { testResults: [file("failed")] }, 1],
])("takes %s for a failure", (_what, report, exitCode) => {
  expect(outcomeOf(report, exitCode).failed).toBe(1);
});
