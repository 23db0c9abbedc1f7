import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { reasonOf } from "../failure.ts";
import type { Ghost } from "./ghost.ts";
import { TOUCHED, touchedModules, type SymbolShape } from "./touched.ts";
import versions from "./versions.json" with { type: "json" };

/** Digest of each touched file by Ghost version, as `npm run ghost:check -- VERSION --record` wrote it. */
const RECORDED: Readonly<Record<string, Readonly<Record<string, string>>>> = versions;

/** Versions that were tested, the newest first. */
export const TESTED_VERSIONS: readonly string[] = Object.keys(RECORDED).toSorted((a, b) =>
  b.localeCompare(a, "en", { numeric: true }),
);

/** One thing in which a Ghost is not the one that was tested. */
export interface Difference {
  /** Path below Ghost's root. */
  readonly file: string;
  /** The symbols of that file that this package uses. */
  readonly symbols: readonly string[];
  readonly what: string;
}

/** SHA-256 of each touched file; `missing` where there is none. */
export function digestsOf(root: string): Record<string, string> {
  const files = touchedModules.map(([, { file }]) => file).toSorted();
  return Object.fromEntries(files.map((file) => [file, digestOf(join(root, file))]));
}

function digestOf(path: string): string {
  try {
    return createHash("sha256").update(readFileSync(path)).digest("hex");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "missing";
    throw error;
  }
}

/** Files that are not as they were recorded for a version; for one that was not tested, for the nearest that was. */
export function changedFiles(root: string, version: string): Difference[] {
  const recorded = RECORDED[version] ?? RECORDED[nearestTo(version)] ?? {};
  return Object.entries(digestsOf(root))
    .filter(([file, digest]) => recorded[file] !== digest)
    .map(([file, digest]) => ({
      file,
      symbols: symbolsOf(file),
      what:
        digest === "missing"
          ? "does not exist"
          : `differs from Ghost ${version in RECORDED ? version : nearestTo(version)}`,
    }));
}

export function isTested(version: string): boolean {
  return version in RECORDED;
}

/** The highest tested version that is not above the given one, or the lowest. */
export function nearestTo(version: string): string {
  const notAbove = TESTED_VERSIONS.find((tested) => tested.localeCompare(version, "en", { numeric: true }) <= 0);
  return notAbove ?? TESTED_VERSIONS.at(-1) ?? "";
}

/**
 * Symbols that are missing, or not of the kind or arity that this package counts on.
 * @param when which modules: some may be loaded only after Ghost's boot
 */
export function brokenSymbols(ghost: Ghost, when: "before boot" | "after boot"): Difference[] {
  return touchedModules
    .filter(([, { afterBoot }]) => Boolean(afterBoot) === (when === "after boot"))
    .flatMap(([name, { file, symbols }]) => {
      let loaded: unknown;
      try {
        loaded = ghost.use(name);
      } catch (error) {
        return [{ file, symbols: Object.keys(symbols), what: `could not be loaded: ${firstLineOf(error)}` }];
      }
      return Object.entries<SymbolShape>(symbols).flatMap(([path, shape]) => {
        const what = mismatch(find(loaded, path), shape);
        return what === undefined ? [] : [{ file, symbols: [path], what }];
      });
    });
}

/** Node names all that required a missing module, one a line. */
function firstLineOf(error: unknown): string {
  return reasonOf(error).split("\n", 1)[0]!;
}

function find(value: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], value);
}

function mismatch(found: unknown, shape: SymbolShape): string | undefined {
  if (found === undefined || found === null) return "does not exist";
  if (shape.kind === "object") return typeof found === "object" ? undefined : `is a ${typeof found}, not an object`;
  if (typeof found !== "function") return `is a ${typeof found}, not a function`;
  return found.length === shape.arity ? undefined : `takes ${found.length} parameters, not ${shape.arity}`;
}

function symbolsOf(file: string): string[] {
  return Object.values(TOUCHED).flatMap((touched) => (touched.file === file ? Object.keys(touched.symbols) : []));
}

/** A line a difference, for a person who has to look at each. */
export function describe(differences: readonly Difference[]): string {
  return differences
    .map(({ file, symbols, what }) => `  - ${file}${symbols.length > 0 ? ` (${symbols.join(", ")})` : ""}: ${what}`)
    .join("\n");
}
