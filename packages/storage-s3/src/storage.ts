import { BadRequestError, NotFoundError } from "./errors.ts";
import type { RequestHandler } from "express";
import type { StorageFile } from "ghost-storage-base";
import { readBody } from "./reading/body.ts";
import type { ByteBudget } from "./upload/budget.ts";
import { hasOriginals, isOriginal } from "./paths/original.ts";
import { ImageSizes } from "./reading/image-sizes.ts";
import { Keys } from "./paths/keys.ts";
import { LocalFiles } from "./reading/local-files.ts";
import type { ResolvedOptions } from "./options/options.ts";
import { isResizable, makeVariants } from "./preparation/pictures.ts";
import { Placement } from "./naming/placement.ts";
import { prepare, type Prepared } from "./preparation/preparation.ts";
import { serveFrom } from "./reading/serve.ts";
import type { Uploaded } from "./upload/settlement.ts";
import { SingleFlight } from "./reading/single-flight.ts";
import { fromBytes, openFile, readAll, type OpenSource, type Source } from "./upload/source.ts";
import type { Store } from "./store/store.ts";
import { Uploader } from "./upload/uploader.ts";
import { parseVariantPath, variantPath } from "./paths/variant-path.ts";

/** What the storage of one feature works with; the process shares the first three among its features. */
export interface Surroundings {
  readonly store: Store;
  readonly budget: ByteBudget;
  /** Whether the store refuses to replace an object when it is asked to. */
  readonly conditionalWrites: (inParts: boolean) => Promise<boolean>;
  /** Whether that is known without asking the store. */
  readonly conditionalWritesKnown: () => boolean;
}

/** The files of one feature of a blog in a bucket. */
export class Storage {
  readonly keys: Keys;
  readonly #options: ResolvedOptions;
  readonly #around: Surroundings;
  readonly #store: Store;
  readonly #uploader: Uploader;
  readonly #placement: Placement;
  readonly #sizes: ImageSizes;
  readonly #local: LocalFiles | undefined;
  readonly #reads = new SingleFlight<Buffer>();
  readonly #lookups = new SingleFlight<boolean>();

  constructor(options: ResolvedOptions, around: Surroundings) {
    this.#options = options;
    this.#around = around;
    this.#store = around.store;
    this.keys = new Keys({ ...options, privateOriginals: options.originals === "private" });
    this.#uploader = new Uploader(around.store, around.budget, {
      // What is sent as a whole is in memory as a whole.
      thresholdBytes: Math.min(options.multipartUploadThresholdBytes, options.uploadMemoryBytes),
      partBytes: options.multipartChunkSizeBytes,
    });
    this.#sizes = new ImageSizes(around.store, (path) => this.keys.key(path), options.cacheBytes);
    this.#local = options.localFallback
      ? new LocalFiles(options.localFallback, options.staticFileURLPrefix)
      : undefined;
    this.#placement = new Placement({
      ...around,
      keys: this.keys,
      uploader: this.#uploader,
      isThere: (path) => this.#asking(path, () => this.#isThere(path)),
      isLocal: async (path) => (await this.#local?.exists(path)) ?? false,
      originals: hasOriginals(options.staticFileURLPrefix),
    });
  }

  /** Stores an upload and returns its URL. */
  async save(file: StorageFile, directory: string): Promise<string> {
    const source = await openUpload(file);
    try {
      const reserved = this.#placement.redeem(file);
      const wish = reserved ?? this.#placement.wish(file.name, directory);
      const prepared = await this.#prepare(source, wish);
      const path = reserved
        ? await this.#placement.storeReserved(reserved, prepared)
        : await this.#placement.store(wish, prepared);
      await this.#addVariants(path, prepared);
      return this.keys.url(path);
    } finally {
      await source.close();
    }
  }

  /** Stores bytes under a path that the caller chose, in place of what may be there. */
  async saveRaw(bytes: Buffer, target: string): Promise<string> {
    const path = this.keys.path(target);
    const prepared = await this.#prepare(fromBytes(bytes), path);
    // Who asked for a free name first uses the URL that it gets here.
    if (this.#placement.redeemPath(path)) return this.keys.url(await this.#placement.store(path, prepared));
    await (parseVariantPath(path) ? this.#saveSize(path, prepared) : this.#replace(path, prepared));
    return this.keys.url(path);
  }

  /** A free path for a file, in the form of the given directory, kept until this very object is saved. */
  reserve(file: { name: string }, directory: string): Promise<string> {
    return this.#placement.reserve(file, directory);
  }

  async exists(fileName: string, directory?: string): Promise<boolean> {
    const path = this.#tryPath(fileName, directory);
    if (path === undefined) return false;
    return this.#asking(path, () => (parseVariantPath(path) ? this.#sizes.exists(path) : this.#isThere(path)));
  }

  /** All bytes of a file. @throws {NotFoundError} when it does not exist */
  async read(target: string): Promise<Buffer> {
    const path = this.keys.path(target);
    try {
      return await this.#reads.do(path, () => this.#read(path));
    } catch (error) {
      this.#sizes.failed(path);
      throw this.#store.failed(error, {
        operation: "GetObject",
        key: this.keys.key(path),
        effect: "The file was not read.",
      });
    }
  }

  async delete(fileName: string, directory?: string): Promise<void> {
    const path = this.keys.path(fileName, directory);
    try {
      await this.#store.delete(this.keys.key(path));
      if (this.#options.variants && isResizable(path)) await this.#deleteVariants(path);
    } catch (error) {
      throw this.#store.failed(error, {
        operation: "DeleteObject",
        key: this.keys.key(path),
        effect: "The file was not deleted.",
      });
    } finally {
      this.#placement.release(path);
      this.#sizes.forget(path);
    }
  }

  serve(): RequestHandler {
    return serveFrom({
      store: this.#store,
      keys: this.keys,
      sizes: this.#sizes,
      local: this.#local,
      prefix: this.#options.staticFileURLPrefix,
      redirect: this.#options.serve === "redirect",
      originHeader: this.#options.originHeader,
    });
  }

  /** A path that cannot exist is no error here: Ghost's local storage answers "no" as well. */
  #tryPath(fileName: string, directory?: string): string | undefined {
    try {
      const path = this.keys.path(fileName, directory);
      this.keys.key(path);
      return path;
    } catch {
      return undefined;
    }
  }

  #prepare(source: Source, path: string): Promise<Prepared> {
    return prepare(source, path, this.#options, this.keys, this.#around.budget);
  }

  /** An image counts as stored when its sizes are: without them pages would show gaps. */
  async #addVariants(path: string, { source }: Prepared): Promise<void> {
    const { variants } = this.#options;
    if (!variants || !isResizable(path) || isOriginal(path)) return;
    try {
      for await (const variant of makeVariants(source, path, variants, this.#around.budget)) {
        await this.saveRaw(variant.bytes, variant.path);
      }
    } catch (error) {
      // Why the upload failed matters more than that its remains could not be deleted either; that is in the log.
      await Promise.allSettled([this.delete(path)]);
      throw error;
    }
  }

  async #deleteVariants(path: string): Promise<void> {
    const { sizes, formats } = this.#options.variants ?? { sizes: [], formats: [] };
    const paths = sizes.flatMap((size) =>
      [undefined, ...formats].map((format) => variantPath({ size, format, original: path })),
    );
    await Promise.all(paths.map((variant) => this.#store.delete(this.keys.key(variant))));
  }

  /** A question that fails is never answered with "no": somebody's file would be replaced. */
  async #asking(path: string, question: () => Promise<boolean>): Promise<boolean> {
    try {
      return await question();
    } catch (error) {
      const effect = "It is not known whether the file exists; nothing was changed.";
      throw this.#store.failed(error, { operation: "HeadObject", key: this.keys.key(path), effect });
    }
  }

  async #isThere(path: string): Promise<boolean> {
    return this.#lookups.do(path, async () => {
      if (await this.#store.head(this.keys.key(path))) return true;
      return (await this.#local?.exists(path)) ?? false;
    });
  }

  async #read(path: string): Promise<Buffer> {
    const key = this.keys.key(path);
    const answer = await this.#store.get(key);
    if (answer) return readBody(this.#store, key, answer);
    const local = await this.#local?.read(path);
    if (local) return local;
    throw new NotFoundError({ message: `Could not read file: ${path}`, code: "STATIC_FILE_NOT_FOUND" });
  }

  #replace(path: string, { source, headers }: Prepared): Promise<Uploaded | undefined> {
    return this.#uploader.upload(this.keys.key(path), source, headers, false);
  }

  /** Readers wait for a size that is being made: they go on with it, or without it when it cannot be stored. */
  async #saveSize(path: string, prepared: Prepared): Promise<void> {
    try {
      const uploaded = await this.#replace(path, prepared);
      const { headers, contentType } = prepared;
      this.#sizes.stored(path, {
        bytes: await readAll(prepared.source),
        contentType,
        cacheControl: headers.CacheControl,
        contentDisposition: headers.ContentDisposition,
        etag: uploaded?.etag,
        modified: new Date(),
      });
    } catch (error) {
      this.#sizes.abandoned(path);
      throw error;
    }
  }
}

/** Ghost deletes the temporary file of a browser that went away. */
async function openUpload(file: StorageFile): Promise<OpenSource> {
  try {
    return await openFile(file.path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new BadRequestError({
      err: error as Error,
      message: `The upload of "${file.name}" was cancelled: its temporary file is gone. Nothing was stored.`,
      help: "Upload the file again.",
    });
  }
}
