import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Row } from "../row.ts";

const BEGIN = "<!-- replicas:begin -->";
const END = "<!-- replicas:end -->";

/** Cases of the bench of replicas; all others are those of the storage adapter. */
const REPLICAS = "replicas-";

export type Part = "storage" | "replicas";

/** Two benches share RESULTS.md and results.json: each replaces its own part and keeps the other's. */
export async function writeResults(folder: string, part: Part, text: string, rows: readonly Row[]): Promise<void> {
  const [page, json] = ["RESULTS.md", "results.json"].map((name) => join(folder, name)) as [string, string];
  const [oldText, oldRows] = [await read(page), JSON.parse((await read(json)) || "[]") as Row[]];
  await writeFile(page, withPart(oldText, part, text));
  await writeFile(json, rowsAsJson(withRows(oldRows, part, rows)));
}

export function withPart(page: string, part: Part, text: string): string {
  const begin = page.indexOf(BEGIN);
  const [storage, replicas] = begin === -1 ? [page, ""] : [page.slice(0, begin), page.slice(begin)];
  const kept = part === "storage" ? replicas : `${BEGIN}\n\n${text.trim()}\n\n${END}\n`;
  const head = part === "storage" ? text : storage;
  return kept === "" ? head : `${head.trimEnd()}\n\n${kept}`.trimStart();
}

export function withRows(old: readonly Row[], part: Part, rows: readonly Row[]): Row[] {
  const isOf = (of: Part) => (row: Row) => row.case.startsWith(REPLICAS) === (of === "replicas");
  return part === "storage" ? [...rows, ...old.filter(isOf("replicas"))] : [...old.filter(isOf("storage")), ...rows];
}

/** One row a line, so that a difference between two runs of the bench can be read. */
function rowsAsJson(rows: readonly Row[]): string {
  return `[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(",\n")}\n]\n`;
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
