import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Row } from "../row.ts";

/** Benches with a part of their own, by what the names of their cases begin with; all others are the storage adapter's. */
const PREFIXES = { replicas: "replicas-", image: "image-", k8s: "k8s-", backup: "backup-" } as const;

type MarkedPart = keyof typeof PREFIXES;

export type Part = "storage" | MarkedPart;

const MARKED = Object.keys(PREFIXES) as MarkedPart[];

/** Benches share RESULTS.md and results.json: each replaces its own part and keeps those of the others. */
export async function writeResults(folder: string, part: Part, text: string, rows: readonly Row[]): Promise<void> {
  const [page, json] = ["RESULTS.md", "results.json"].map((name) => join(folder, name)) as [string, string];
  const [oldText, oldRows] = [await read(page), JSON.parse((await read(json)) || "[]") as Row[]];
  await writeFile(page, withPart(oldText, part, text));
  await writeFile(json, rowsAsJson(withRows(oldRows, part, rows)));
}

export function withPart(page: string, part: Part, text: string): string {
  const textOf = (one: Part) => (one === part ? text : partOf(page, one)).trim();
  const marked = MARKED.filter((one) => textOf(one) !== "").map(
    (one) => `${begin(one)}\n\n${textOf(one)}\n\n${end(one)}`,
  );
  return `${[textOf("storage"), ...marked].filter(Boolean).join("\n\n")}\n`;
}

export function withRows(old: readonly Row[], part: Part, rows: readonly Row[]): Row[] {
  return (["storage", ...MARKED] as const).flatMap((one) =>
    one === part ? rows : old.filter((row) => ownerOf(row) === one),
  );
}

const begin = (part: Part): string => `<!-- ${part}:begin -->`;
const end = (part: Part): string => `<!-- ${part}:end -->`;

/** The storage adapter's part has no marks: it is what stands before those of the others. */
function partOf(page: string, part: Part): string {
  const starts = MARKED.map((one) => page.indexOf(begin(one))).filter((index) => index !== -1);
  if (part === "storage") return page.slice(0, Math.min(page.length, ...starts));
  const [from, to] = [page.indexOf(begin(part)), page.indexOf(end(part))];
  return from === -1 || to === -1 ? "" : page.slice(from + begin(part).length, to);
}

function ownerOf({ case: name }: Row): Part {
  return MARKED.find((one) => name.startsWith(PREFIXES[one])) ?? "storage";
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
