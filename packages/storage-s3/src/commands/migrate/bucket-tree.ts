import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { openFile, type OpenSource } from "../../upload/source.ts";
import type { Store } from "../../store/store.ts";
import type { Feature } from "../settings/storage-block.ts";
import { UsageError } from "../usage-error.ts";
import type { SourceFile, SourceTree } from "./source-file.ts";

/** A folder of the source bucket that holds files of a feature. */
interface Root {
  readonly feature: Feature;
  readonly prefix: string;
}

/** Another bucket: of this adapter, of Ghost's own one, or with folders as a content folder has them. */
export class BucketTree implements SourceTree {
  readonly name: string;
  readonly #store: Store;
  readonly #roots: readonly Root[];
  readonly #downloads: string;
  #next = 0;

  private constructor(name: string, store: Store, roots: readonly Root[], downloads: string) {
    this.name = name;
    this.#store = store;
    this.#roots = roots;
    this.#downloads = downloads;
  }

  /** @throws {UsageError} when nothing of Ghost is below the prefix */
  static async open(store: Store, prefix: string, features: readonly Feature[]): Promise<BucketTree> {
    const name = `s3://${posix.join(store.bucket, prefix)}`;
    const roots = await findRoots(store, prefix, features);
    if (roots.length === 0) {
      throw new UsageError(
        `${name} holds nothing below ${features.map((feature) => `content/${feature}/`).join(", ")}. Nothing was copied.`,
        "Give the prefix under which content/ lies; for a prefix that holds a single feature add --feature.",
      );
    }
    return new BucketTree(name, store, roots, await mkdtemp(join(tmpdir(), "storage-s3-migrate-")));
  }

  async *list(feature: Feature): AsyncGenerator<SourceFile> {
    for (const { prefix } of this.#roots.filter((root) => root.feature === feature)) {
      for await (const { key, size, etag } of this.#store.list(prefix)) {
        const path = key.slice(prefix.length);
        // Consoles make empty objects to show folders.
        if (path === "" || path.endsWith("/")) continue;
        yield { feature, path, size, etag, open: () => this.#download(key) };
      }
    }
  }

  async close(): Promise<void> {
    await rm(this.#downloads, { recursive: true, force: true });
  }

  /** Through a file: parts of it are read again and again, and a video does not fit into memory. */
  async #download(key: string): Promise<OpenSource> {
    const path = join(this.#downloads, String(this.#next));
    this.#next += 1;
    try {
      const answer = await this.#store.get(key);
      if (!answer?.Body) throw new Error(`${key} is gone.`);
      await pipeline(answer.Body as Readable, createWriteStream(path));
      const source = await openFile(path);
      return {
        ...source,
        close: async () => {
          await source.close();
          await rm(path, { force: true });
        },
      };
    } catch (error) {
      await rm(path, { force: true });
      throw this.#store.failed(error, { operation: "GetObject", key, effect: "The file was not copied." });
    }
  }
}

async function findRoots(store: Store, prefix: string, features: readonly Feature[]): Promise<Root[]> {
  const roots: Root[] = [];
  for (const feature of features) {
    const candidates = [
      [posix.join(prefix, "content", feature), posix.join(prefix, "private/content", feature)],
      [posix.join(prefix, feature)],
      ...(features.length === 1 ? [[prefix]] : []),
    ];
    for (const folders of candidates) {
      const found = await asyncFilter(folders, (folder) => holdsObjects(store, folder));
      roots.push(...found.map((folder) => ({ feature, prefix: folder && `${folder}/` })));
      if (found.length > 0) break;
    }
  }
  return roots;
}

async function holdsObjects(store: Store, folder: string): Promise<boolean> {
  try {
    return (await store.listPage(folder && `${folder}/`)).objects.length > 0;
  } catch (error) {
    throw store.failed(error, { operation: "ListObjectsV2", key: folder, effect: "Nothing was copied." });
  }
}

async function asyncFilter<T>(items: readonly T[], test: (item: T) => Promise<boolean>): Promise<T[]> {
  const kept: T[] = [];
  for (const item of items) if (await test(item)) kept.push(item);
  return kept;
}
