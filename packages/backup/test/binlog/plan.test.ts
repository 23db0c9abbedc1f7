import { describe, expect, it } from "vitest";
import { nextStep, type Place, type ServerLog } from "../../src/binlog/plan.ts";

const place = (name: string, end: number, last = false): Place => ({
  chain: "c",
  file: { name, birth: 1, before: 0 },
  end,
  last,
});

const LOGS: ServerLog[] = [
  { name: "binlog.000003", size: 500 },
  { name: "binlog.000004", size: 900 },
];

describe("what to fetch next", () => {
  it("is the oldest file, when nothing is archived", () => {
    expect(nextStep(undefined, LOGS)).toEqual({ kind: "fetch", name: "binlog.000003", from: 0, birth: undefined });
    expect(nextStep(undefined, [])).toEqual({ kind: "nothing" });
  });

  it("is what the file has more", () => {
    expect(nextStep(place("binlog.000003", 400), LOGS)).toMatchObject({ name: "binlog.000003", from: 400, birth: 1 });
    expect(nextStep(place("binlog.000004", 899), LOGS)).toMatchObject({ name: "binlog.000004", from: 899 });
  });

  it("is the next file, when this one is whole, even if the server did not close it", () => {
    expect(nextStep(place("binlog.000003", 500), LOGS)).toMatchObject({ name: "binlog.000004", from: 0 });
  });

  it("is nothing, when nothing happened", () => {
    expect(nextStep(place("binlog.000004", 900), LOGS)).toEqual({ kind: "nothing" });
  });

  it("is the oldest file, when one before it was archived whole and purged", () => {
    expect(nextStep(place("binlog.000002", 77, true), LOGS)).toMatchObject({ name: "binlog.000003", from: 0 });
  });

  it.each([
    ["a file that was purged before its end was seen", place("binlog.000002", 77), LOGS],
    ["files that were purged", place("binlog.000001", 77, true), LOGS],
    ["a file that is shorter than it was", place("binlog.000003", 501), LOGS],
    ["a log that was begun anew", place("binlog.000009", 77, true), [{ name: "binlog.000001", size: 5 }]],
    ["another name", place("mysql-bin.000002", 77, true), LOGS],
    ["a number that is left out", place("binlog.000003", 500), [LOGS[0], { name: "binlog.000005", size: 1 }]],
  ] as [string, Place, ServerLog[]][])("is never silently beyond %s", (_, at, logs) => {
    expect(nextStep(at, logs)).toMatchObject({ kind: "gap" });
  });
});
