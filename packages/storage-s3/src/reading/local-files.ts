import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { presentationOf, type Presentation } from "../preparation/content-type.ts";
import { openFile } from "../upload/source.ts";

export interface LocalFile {
  readonly path: string;
  readonly presentation: Presentation;
}

/** The local folder of the time before the move to S3, read when the bucket does not have a file. */
export class LocalFiles {
  readonly #root: string;
  readonly #prefix: string;

  constructor(root: string, prefix: string) {
    this.#root = resolve(root);
    this.#prefix = prefix;
  }

  /** @param path relative path without `..`, as {@link Keys.path} returns it */
  async find(path: string): Promise<LocalFile | undefined> {
    const full = join(this.#root, path);
    if (!(await isFile(full))) return undefined;
    const source = await openFile(full);
    try {
      return { path: full, presentation: await presentationOf(source, path, this.#prefix) };
    } finally {
      await source.close();
    }
  }

  exists(path: string): Promise<boolean> {
    return isFile(join(this.#root, path));
  }

  async read(path: string): Promise<Buffer | undefined> {
    return (await this.exists(path)) ? readFile(join(this.#root, path)) : undefined;
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return false;
    throw error;
  }
}
