import { existsSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import type { Io } from "../io.ts";
import { UsageError } from "../usage-error.ts";
import { environmentTree } from "./environment.ts";
import { at, isTree, merge, type Tree } from "./tree.ts";

/** What Ghost does when nothing is configured: all uploads on its own disk. */
const DEFAULTS: Tree = {
  storage: {
    active: "LocalImagesStorage",
    media: "LocalMediaStorage",
    files: "LocalFilesStorage",
    LocalMediaStorage: {},
    LocalFilesStorage: {},
  },
};

interface Layer {
  readonly tree: Tree;
  /** How the layer calls a value, for the user who looks for it. */
  readonly nameOf: (path: readonly string[]) => string;
}

/** Ghost's configuration as Ghost itself reads it: the environment, then the file, then the defaults. */
export class GhostConfig {
  /** The file, when there is one. */
  readonly file: string | undefined;
  readonly #layers: readonly Layer[];
  readonly #merged: Tree;

  constructor(environment: Tree, file?: { readonly path: string; readonly tree: Tree }) {
    this.file = file?.path;
    this.#layers = [
      { tree: environment, nameOf: (path) => `environment ${path.join("__")}` },
      ...(file ? [{ tree: file.tree, nameOf: (path: readonly string[]) => `${file.path}: ${path.join(".")}` }] : []),
      { tree: DEFAULTS, nameOf: () => "Ghost's default" },
    ];
    this.#merged = this.#layers.map(({ tree }) => tree).reduce(merge);
  }

  get(...path: string[]): unknown {
    return at(this.#merged, path);
  }

  /** Where a value comes from. */
  origin(...path: string[]): string | undefined {
    return this.#layers.find(({ tree }) => at(tree, path) !== undefined)?.nameOf(path);
  }
}

/**
 * Reads the configuration file, and the environment over it.
 * @param path as the user gave it; without it the file is looked for where Ghost does
 */
export function readGhostConfig(path: string | undefined, { cwd, env }: Pick<Io, "cwd" | "env">): GhostConfig {
  const environment = environmentTree(env);
  const names = env["NODE_ENV"] ? [env["NODE_ENV"]] : ["production", "development"];
  const found = path
    ? resolve(cwd, path)
    : names.map((name) => join(cwd, `config.${name}.json`)).find((candidate) => existsSync(candidate));
  return new GhostConfig(environment, found ? { path: path ?? basename(found), tree: readTree(found) } : undefined);
}

function readTree(path: string): Tree {
  const broken = (cause: string): UsageError =>
    new UsageError(
      `Ghost's configuration ${path} ${cause}. Nothing was done.`,
      "Give the path of a config.production.json with --config.",
    );
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw broken(`cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  try {
    const tree: unknown = JSON.parse(text);
    if (isTree(tree)) return tree;
  } catch (error) {
    throw broken(`is no JSON (${(error as Error).message})`);
  }
  throw broken("is no JSON object");
}
