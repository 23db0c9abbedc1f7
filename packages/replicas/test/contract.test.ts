import { describe, expect, test } from "vitest";
import { nearestTo, TESTED_VERSIONS } from "../src/ghost/contract.ts";
import { touchedModules } from "../src/ghost/touched.ts";
import versions from "../src/ghost/versions.json" with { type: "json" };

const files = touchedModules.map(([, { file }]) => file).toSorted();

describe("the tested versions of Ghost", () => {
  test("are at least two", () => {
    expect(TESTED_VERSIONS.length).toBeGreaterThanOrEqual(2);
  });

  test.each(TESTED_VERSIONS)("%s has the digest of every file that is touched, and of no other", (version) => {
    expect(Object.keys((versions as Record<string, object>)[version] ?? {})).toEqual(files);
  });

  test("every file is named once", () => {
    expect(new Set(files).size).toBe(files.length);
  });

  test("an unknown version is compared with the nearest below, or the lowest", () => {
    const [newest, oldest] = [TESTED_VERSIONS[0] ?? "", TESTED_VERSIONS.at(-1) ?? ""];
    expect(nearestTo("99.0.0")).toBe(newest);
    expect(nearestTo("1.0.0")).toBe(oldest);
  });
});
