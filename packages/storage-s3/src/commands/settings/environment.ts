import { readFileSync } from "node:fs";
import type { Io } from "../io.ts";
import { UsageError } from "../usage-error.ts";
import { plant, type Tree } from "./tree.ts";

/** Parts of Ghost's configuration that the commands look at. */
const ROOTS = new Set(["storage", "adapters", "database", "url", "paths"]);

const FILE_SUFFIX = "_file";

/**
 * Ghost's configuration in environment variables: `storage__S3Storage__bucket=…`; values that are JSON count as such.
 * `…_FILE` names a file with the value, as Docker and Kubernetes mount secrets.
 * @see https://docs.ghost.org/config#running-ghost-with-config-env-variables
 */
export function environmentTree(env: Io["env"]): Tree {
  let tree: Tree = {};
  for (const [name, value] of Object.entries(env)) {
    const path = name.split("__");
    if (value === undefined || !ROOTS.has(path[0] ?? "")) continue;
    if (path.length > 1 && name.toLowerCase().endsWith(FILE_SUFFIX)) {
      tree = plant(tree, name.slice(0, -FILE_SUFFIX.length).split("__"), secret(name, value));
    } else {
      tree = plant(tree, path, parse(value));
    }
  }
  return tree;
}

function parse(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value === "undefined" ? undefined : value;
  }
}

/** A secret stays a string, even when it looks like a number. */
function secret(name: string, path: string): string {
  try {
    return readFileSync(path, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    throw new UsageError(
      `The file that ${name} names cannot be read: ${(error as Error).message}. Nothing was done.`,
      `Correct ${name}, or make the file readable.`,
    );
  }
}
