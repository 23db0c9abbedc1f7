import { describe, expect, test } from "vitest";
import { optionsSchema as storage } from "../../packages/storage-s3/src/options/schema.ts";
import { optionsTable, PAGES, readPage, withOptionsTable } from "./options-table.ts";

const row = (option: string): string =>
  optionsTable(storage)
    .split("\n")
    .find((line) => line.startsWith(`| \`${option}\``)) ?? "";

describe("the table of options", () => {
  test("has a row for every option", () => {
    const rows = optionsTable(storage).split("\n").slice(2);
    expect(rows.map((line) => /^\| `(\w+)`/.exec(line)?.[1])).toEqual(Object.keys(storage.shape));
  });

  test("shows defaults as they are", () => {
    expect(row("bucket")).toMatch(/\| required +\|/);
    expect(row("maxAttempts")).toMatch(/\| `3` +\|/);
    expect(row("uploadMemoryBytes")).toMatch(/\| `67108864` \(64 MiB\) +\|/);
    expect(row("endpoint")).toMatch(/\| AWS +\|/);
  });

  test("goes between the marks and nowhere else", () => {
    const page = "a\n\n<!-- options:begin -->\nold\n<!-- options:end -->\n\nb\n";
    const renewed = withOptionsTable(page, storage) ?? "";
    expect(renewed).toMatch(/^a\n\n<!-- options:begin -->\n\n\| Option/);
    expect(renewed).toMatch(/\|\n\n<!-- options:end -->\n\nb\n$/);
    expect(withOptionsTable(renewed, storage)).toBe(renewed);
    expect(withOptionsTable("no marks", storage)).toBeUndefined();
  });

  test.each(PAGES)("is up to date in $path (else: npm run docs)", async ({ path, schema }) => {
    const text = await readPage(path);
    expect(withOptionsTable(text, schema)).toBe(text);
  });
});
