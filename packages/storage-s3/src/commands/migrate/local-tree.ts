import { access, constants, readdir, realpath, stat } from "node:fs/promises";
import { join, posix } from "node:path";
import { openFile } from "../../upload/source.ts";
import type { Feature } from "../settings/storage-block.ts";
import { UsageError } from "../usage-error.ts";
import type { SourceFile, SourceTree, Unreadable } from "./source-file.ts";

/** The content folder of a Ghost, with `images`, `media` and `files` in it. */
export class LocalTree implements SourceTree {
  readonly name: string;
  readonly #folders: ReadonlyMap<Feature, string>;

  private constructor(name: string, folders: ReadonlyMap<Feature, string>) {
    this.name = name;
    this.#folders = folders;
  }

  /** @throws {UsageError} when the folder is no content folder */
  static async open(path: string, features: readonly Feature[]): Promise<LocalTree> {
    if (!(await isFolder(path))) {
      throw new UsageError(
        `There is no folder ${path}. Nothing was copied.`,
        "Give Ghost's content folder, as in /var/lib/ghost/content, or a bucket, as in s3://bucket/prefix.",
      );
    }
    const folders = new Map<Feature, string>();
    for (const feature of features) {
      const folder = join(path, feature);
      if (await isFolder(folder)) folders.set(feature, folder);
    }
    const [only, ...others] = features;
    if (folders.size === 0 && only && others.length === 0) folders.set(only, path);
    if (folders.size === 0) {
      throw new UsageError(
        `${path} is no content folder of Ghost: it has none of ${features.map((feature) => `${feature}/`).join(", ")}. Nothing was copied.`,
        "For the folder of a single feature add --feature, as in --feature images.",
      );
    }
    return new LocalTree(path, folders);
  }

  async *list(feature: Feature): AsyncGenerator<SourceFile | Unreadable> {
    const folder = this.#folders.get(feature);
    if (folder) yield* walk(feature, folder, "", new Set());
  }

  async close(): Promise<void> {
    // Nothing was stored anywhere.
  }
}

/** @param above real paths of the folders that lead here: a link to one of them has no end */
async function* walk(
  feature: Feature,
  root: string,
  folder: string,
  above: ReadonlySet<string>,
): AsyncGenerator<SourceFile | Unreadable> {
  let names: string[];
  let inside: ReadonlySet<string>;
  try {
    const real = await realpath(join(root, folder));
    if (above.has(real)) return;
    inside = new Set([...above, real]);
    names = (await readdir(real)).toSorted();
  } catch (error) {
    yield { feature, path: folder, error: reason(error) };
    return;
  }
  for (const name of names) {
    const path = posix.join(folder, name);
    const full = join(root, path);
    try {
      const found = await stat(full);
      if (found.isDirectory()) yield* walk(feature, root, path, inside);
      if (!found.isFile()) continue;
      await access(full, constants.R_OK);
      yield { feature, path, size: found.size, open: () => openFile(full) };
    } catch (error) {
      yield { feature, path, error: reason(error) };
    }
  }
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EACCES" || code === "EPERM") return "no permission to read it";
  return code === "ENOENT" ? "it is gone, or a link to nothing" : message;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
