import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { optionsSchema as backup } from "../../packages/backup/src/configuration/schema.ts";
import { optionsSchema as replicas } from "../../packages/replicas/src/configuration/schema.ts";
import { optionsSchema as storage } from "../../packages/storage-s3/src/options/schema.ts";
import { tableOf } from "./table.ts";

const BEGIN = "<!-- options:begin -->";
const END = "<!-- options:end -->";

const MiB = 1024 * 1024;

/** What a table needs of a package's schema of options. */
export interface OptionsSchema {
  readonly shape: Readonly<Record<string, OptionSchema>>;
}

interface OptionSchema {
  meta(): unknown;
  safeParse(value: undefined): { success: boolean; data?: unknown };
}

interface Meta {
  readonly description: string;
  readonly defaultText?: string;
}

/** Pages with a table, and the schema that it is made from. */
export const PAGES: readonly { readonly path: string; readonly schema: OptionsSchema }[] = [
  { path: "README.md", schema: storage },
  { path: "packages/storage-s3/README.md", schema: storage },
  { path: "packages/replicas/README.md", schema: replicas },
  { path: "packages/backup/README.md", schema: backup },
];

const ROOT = join(import.meta.dirname, "../..");

/** The table of all options as the READMEs show it, made from the schema that checks them. */
export function optionsTable({ shape }: OptionsSchema): string {
  const rows = Object.entries(shape).map(([option, schema]) => [
    `\`${option}\``,
    defaultOf(schema),
    metaOf(schema).description,
  ]);
  return tableOf([["Option", "Default", "Meaning"], ...rows]);
}

const metaOf = (schema: OptionSchema): Meta => schema.meta() as Meta;

function defaultOf(schema: OptionSchema): string {
  const { defaultText } = metaOf(schema);
  if (defaultText) return defaultText;
  const { success, data } = schema.safeParse(undefined);
  if (!success) return "required";
  if (data === undefined) return "none";
  return typeof data === "number" && data >= MiB && data % MiB === 0
    ? `\`${data}\` (${data / MiB} MiB)`
    : `\`${typeof data === "string" ? data : JSON.stringify(data)}\``;
}

/** The text with the table between its marks; undefined when it has no marks. */
export function withOptionsTable(text: string, schema: OptionsSchema): string | undefined {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin === -1 || end < begin) return undefined;
  return `${text.slice(0, begin + BEGIN.length)}\n\n${optionsTable(schema)}\n\n${text.slice(end)}`;
}

export function readPage(path: string): Promise<string> {
  return readFile(join(ROOT, path), "utf8");
}

async function rewrite(): Promise<void> {
  for (const { path, schema } of PAGES) {
    const text = await readPage(path);
    const renewed = withOptionsTable(text, schema);
    if (renewed !== undefined && renewed !== text) await writeFile(join(ROOT, path), renewed);
  }
}

if (import.meta.main) await rewrite();
