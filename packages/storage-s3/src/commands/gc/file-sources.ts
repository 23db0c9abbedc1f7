import { createReadStream } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../usage-error.ts";
import type { References } from "./references.ts";
import type { TextSource } from "./text-source.ts";

/** A file with such a byte among its first is a picture or a font. */
const SAMPLE_BYTES = 8000;

/** Holds other people's code, and nobody's uploads. */
const SKIPPED = new Set(["node_modules", ".git"]);

/** A blog's export, as Ghost's settings offer it. */
export class ExportSource implements TextSource {
  readonly name: string;
  readonly isBlog = true;
  readonly #path: string;

  constructor(path: string) {
    this.name = `export ${path}`;
    this.#path = path;
  }

  async scan(references: References, seen: (texts: number) => void): Promise<void> {
    await scanFile(this.#path, references);
    seen(1);
  }
}

/** A folder with a theme, redirects, routes, or whatever else names uploads. */
export class FolderSource implements TextSource {
  readonly name: string;
  readonly isBlog = false;
  readonly #path: string;

  constructor(path: string) {
    this.name = `folder ${path}`;
    this.#path = path;
  }

  async scan(references: References, seen: (texts: number) => void): Promise<void> {
    for await (const path of filesBelow(this.#path)) {
      if (await isText(path)) await scanFile(path, references);
      seen(1);
    }
  }
}

async function scanFile(path: string, references: References): Promise<void> {
  try {
    for await (const piece of createReadStream(path, { encoding: "utf8", highWaterMark: 1024 * 1024 })) {
      references.readPiece(piece as string);
    }
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}. Nothing was deleted.`);
  } finally {
    references.endPieces();
  }
}

async function* filesBelow(path: string): AsyncGenerator<string> {
  try {
    if ((await stat(path)).isFile()) {
      yield path;
      return;
    }
    for (const entry of await readdir(path, { withFileTypes: true })) {
      if (!SKIPPED.has(entry.name)) yield* filesBelow(join(path, entry.name));
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}. Nothing was deleted.`);
  }
}

async function isText(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(SAMPLE_BYTES), 0, SAMPLE_BYTES, 0);
    return !buffer.subarray(0, bytesRead).includes(0);
  } finally {
    await file.close();
  }
}
