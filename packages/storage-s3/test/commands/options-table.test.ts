import { describe, expect, test } from "vitest";
import { optionsTable, PAGES, readPage, withOptionsTable } from "../../src/commands/options-table.ts";
import { optionsSchema } from "../../src/options/schema.ts";

const row = (option: string): string =>
  optionsTable()
    .split("\n")
    .find((line) => line.startsWith(`| \`${option}\``)) ?? "";

describe("the table of options", () => {
  test("has a row for every option", () => {
    const rows = optionsTable().split("\n").slice(2);
    expect(rows.map((line) => /^\| `(\w+)`/.exec(line)?.[1])).toEqual(Object.keys(optionsSchema.shape));
  });

  test("shows defaults as they are", () => {
    expect(row("bucket")).toMatch(/\| required +\|/);
    expect(row("maxAttempts")).toMatch(/\| `3` +\|/);
    expect(row("uploadMemoryBytes")).toMatch(/\| `67108864` \(64 MiB\) +\|/);
    expect(row("endpoint")).toMatch(/\| AWS +\|/);
  });

  test("goes between the marks and nowhere else", () => {
    const page = "a\n\n<!-- options:begin -->\nold\n<!-- options:end -->\n\nb\n";
    const renewed = withOptionsTable(page) ?? "";
    expect(renewed).toMatch(/^a\n\n<!-- options:begin -->\n\n\| Option/);
    expect(renewed).toMatch(/\|\n\n<!-- options:end -->\n\nb\n$/);
    expect(withOptionsTable(renewed)).toBe(renewed);
    expect(withOptionsTable("no marks")).toBeUndefined();
  });

  test.each(PAGES)(
    "is up to date in %s (else: node packages/storage-s3/src/commands/options-table.ts --write)",
    async (path) => {
      const text = await readPage(path);
      const renewed = text === undefined ? undefined : withOptionsTable(text);
      expect(text === undefined || renewed === undefined || renewed === text).toBe(true);
    },
  );
});
