import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { metaOf, optionsSchema, type KnownOption } from "../options/schema.ts";

const BEGIN = "<!-- options:begin -->";
const END = "<!-- options:end -->";

const MiB = 1024 * 1024;

/** The table of all options as the READMEs show it, made from the schema that checks them. */
export function optionsTable(): string {
  const rows = [
    ["Option", "Default", "Meaning"],
    ...(Object.keys(optionsSchema.shape) as KnownOption[]).map((option) => [
      `\`${option}\``,
      defaultOf(option),
      metaOf(option).description,
    ]),
  ].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => [...(row[column] ?? "")].length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - [...cell].length)).join(" | ")} |`;
  const [head, ...body] = rows as [string[], ...string[][]];
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}

function defaultOf(option: KnownOption): string {
  const { defaultText } = metaOf(option);
  if (defaultText) return defaultText;
  const parsed = optionsSchema.shape[option].safeParse(undefined);
  if (!parsed.success) return "required";
  const value: unknown = parsed.data;
  if (value === undefined) return "none";
  return typeof value === "number" && value >= MiB && value % MiB === 0
    ? `\`${value}\` (${value / MiB} MiB)`
    : `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

/** The text with the table between its marks; undefined when it has no marks. */
export function withOptionsTable(text: string): string | undefined {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin === -1 || end < begin) return undefined;
  return `${text.slice(0, begin + BEGIN.length)}\n\n${optionsTable()}\n\n${text.slice(end)}`;
}

/** The pages that may show the table. */
export const PAGES = ["../../README.md", "../../../../README.md"].map((path) => join(import.meta.dirname, path));

export async function readPage(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function rewrite(): Promise<void> {
  for (const path of PAGES) {
    const text = await readPage(path);
    const renewed = text === undefined ? undefined : withOptionsTable(text);
    if (renewed !== undefined && renewed !== text) await writeFile(path, renewed);
  }
}

if (import.meta.main) {
  if (process.argv.includes("--write")) await rewrite();
  else process.stdout.write(`${optionsTable()}\n`);
}
