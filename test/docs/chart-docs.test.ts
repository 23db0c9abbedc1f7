import { describe, expect, test } from "vitest";
import { makeChartDocs, readChartDocs, schemaOf, valuesTable } from "./chart-docs.ts";
import { readChartValues } from "./chart-values.ts";

const TEXT = `# About the file.

# -- The first.
# @schema {"minimum": 1}
count: 2

group:
  # -- A text,
  # in two lines.
  text: ""
  # -- What is below belongs to it.
  free: { a: 1 }
`;

describe("the values of a chart", () => {
  test("are what has a comment, whatever is below it", () => {
    expect(readChartValues(TEXT)).toEqual([
      { path: ["count"], description: "The first.", default: 2, constraints: { minimum: 1 } },
      { path: ["group", "text"], description: "A text, in two lines.", default: "", constraints: {} },
      { path: ["group", "free"], description: "What is below belongs to it.", default: { a: 1 }, constraints: {} },
    ]);
  });

  test("without a comment are a mistake", () => {
    expect(() => readChartValues("# -- One\none: 1\ntwo: 2\n")).toThrow('two has no comment that begins with "--"');
  });

  test("have a schema that refuses unknown names where all are known", () => {
    expect(schemaOf(readChartValues(TEXT))).toMatchObject({
      additionalProperties: false,
      properties: {
        count: { type: "integer", default: 2, minimum: 1 },
        group: { additionalProperties: false, properties: { free: { type: "object", default: { a: 1 } } } },
      },
    });
  });

  test("have a row each", () => {
    expect(valuesTable(readChartValues(TEXT)).split("\n")[2]).toMatch(/^\| `count` +\| `2` +\| The first\. +\|$/);
  });

  test("are documented as they are (else: npm run docs)", async () => {
    expect(await readChartDocs()).toEqual(await makeChartDocs());
  });
});
