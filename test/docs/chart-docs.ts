import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readChartValues, type ChartValue } from "./chart-values.ts";
import { between, tableOf } from "./table.ts";

const CHART = join(import.meta.dirname, "../../helm/ghost");

const MARKS = ["<!-- values:begin -->", "<!-- values:end -->"] as const;

/** What is made of the comments in `values.yaml`. */
export interface ChartDocs {
  readonly schema: string;
  readonly readme: string;
}

export async function makeChartDocs(): Promise<ChartDocs> {
  const values = readChartValues(await read("values.yaml"));
  return {
    schema: `${JSON.stringify(schemaOf(values), null, 2)}\n`,
    readme: between(await read("README.md"), MARKS, valuesTable(values)),
  };
}

/** As they stand in the repository. */
export async function readChartDocs(): Promise<ChartDocs> {
  return { schema: await read("values.schema.json"), readme: await read("README.md") };
}

function read(name: string): Promise<string> {
  return readFile(join(CHART, name), "utf8");
}

interface ObjectSchema {
  type: "object";
  additionalProperties: boolean;
  properties: Record<string, object>;
}

/** Unknown values are refused: a misspelt one would be ignored in silence. */
export function schemaOf(values: readonly ChartValue[]): object {
  const schema = objectSchema();
  // what a parent chart hands down, and the usual condition of a dependency on this one
  schema.properties.global = { type: "object" };
  schema.properties.enabled = { type: "boolean" };
  for (const { path, description, default: value, constraints } of values) {
    let parent = schema;
    for (const name of path.slice(0, -1)) parent = (parent.properties[name] ??= objectSchema()) as ObjectSchema;
    parent.properties[path.at(-1)!] = { description, type: typeOf(value), default: value, ...constraints };
  }
  return { $schema: "http://json-schema.org/draft-07/schema#", ...schema };
}

function objectSchema(): ObjectSchema {
  return { type: "object", additionalProperties: false, properties: {} };
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

export function valuesTable(values: readonly ChartValue[]): string {
  const rows = values.map(({ path, description, default: value }) => [
    `\`${path.join(".")}\``,
    value === "" ? "" : `\`${typeof value === "string" ? value : JSON.stringify(value)}\``,
    description,
  ]);
  return tableOf([["Value", "Default", "Meaning"], ...rows]);
}

async function rewrite(): Promise<void> {
  const { schema, readme } = await makeChartDocs();
  await writeFile(join(CHART, "values.schema.json"), schema);
  await writeFile(join(CHART, "README.md"), readme);
}

if (import.meta.main) await rewrite();
