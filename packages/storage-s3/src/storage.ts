import { posix } from "node:path";
import { BadRequestError, ConflictError, NotFoundError } from "@tryghost/errors";
import type { RequestHandler } from "express";
import type { StorageFile } from "ghost-storage-base";
import { LRUCache } from "lru-cache";
import { readBody } from "./body.ts";
import type { ByteBudget } from "./budget.ts";
import { Claims } from "./claims.ts";
import { isMutable, isOriginal, presentationOf } from "./content-type.ts";
import { ImageSizes } from "./image-sizes.ts";
import { Keys } from "./keys.ts";
import { LocalFiles } from "./local-files.ts";
import { nameParts, Names, pathsOf } from "./names.ts";
import { objectHeaders } from "./object-headers.ts";
import type { ResolvedOptions } from "./options.ts";
import { isResizable, makeVariants, withoutMetadata } from "./pictures.ts";
import { serveFrom } from "./serve.ts";
import type { Uploaded } from "./settlement.ts";
import { SingleFlight } from "./single-flight.ts";
import { fromBytes, openFile, type OpenSource, type Source } from "./source.ts";
import type { ObjectHeaders, Store } from "./store.ts";
import { Uploader } from "./upload.ts";
import { parseVariantPath } from "./variant-path.ts";

/** Images whose originals may follow. */
const RECENT = 1000;

/** What the storage of one feature works with; the process shares the first three among its features. */
export interface Surroundings {
  readonly store: Store;
  readonly budget: ByteBudget;
  /** Whether the store refuses to replace an object when it is asked to. */
  readonly conditionalWrites: () => Promise<boolean>;
}

interface Prepared {
  readonly source: Source;
  readonly headers: ObjectHeaders;
  readonly contentType: string;
}

/** The files of one feature of a blog in a bucket. */
export class Storage {
  readonly keys: Keys;
  readonly #options: ResolvedOptions;
  readonly #around: Surroundings;
  readonly #store: Store;
  readonly #uploader: Uploader;
  readonly #names: Names;
  readonly #sizes: ImageSizes;
  readonly #local: LocalFiles | undefined;
  readonly #claims = new Claims();
  readonly #recent = new LRUCache<string, true>({ max: RECENT });
  readonly #reads = new SingleFlight<Buffer>();
  readonly #lookups = new SingleFlight<boolean>();

  constructor(options: ResolvedOptions, around: Surroundings) {
    this.#options = options;
    this.#around = around;
    this.#store = around.store;
    this.keys = new Keys({ ...options, privateOriginals: options.originals === "private" });
    this.#uploader = new Uploader(around.store, around.budget, {
      thresholdBytes: options.multipartUploadThresholdBytes,
      partBytes: options.multipartChunkSizeBytes,
    });
    this.#sizes = new ImageSizes(around.store, (path) => this.keys.key(path), options.cacheBytes);
    this.#local = options.localFallback
      ? new LocalFiles(options.localFallback, options.staticFileURLPrefix)
      : undefined;
    const root = this.keys.key("x").slice(0, -1);
    this.#names = new Names({
      listPaths: async (start) => {
        const { objects, next } = await this.#store.listPage(`${root}${start}`);
        return { paths: pathsOf(objects, root), more: next !== undefined };
      },
    });
  }

  /** Stores an upload and returns its URL. */
  async save(file: StorageFile, directory: string): Promise<string> {
    const source = await openUpload(file);
    try {
      const reserved = this.#claims.redeem(file);
      const path = reserved
        ? await this.#saveReserved(source, reserved)
        : await this.#saveNew(source, file.name, directory);
      return this.keys.url(path);
    } finally {
      await source.close();
    }
  }

  /** Stores bytes under a path that the caller chose, in place of what may be there. */
  async saveRaw(bytes: Buffer, target: string): Promise<string> {
    const path = this.keys.path(target);
    const prepared = await this.#prepare(fromBytes(bytes), path);
    if (this.#claims.isReserved(path)) {
      // The media inliner asks for a free name first and uses the URL that it gets here.
      this.#claims.release(path);
      const { base: name, dir } = posix.parse(path);
      return this.keys.url(await this.#place(prepared, this.#names.candidates(nameParts(name, dir))));
    }
    const uploaded = await this.#uploader.upload(this.keys.key(path), prepared.source, prepared.headers, false);
    if (parseVariantPath(path)) await this.#rememberSize(path, prepared, uploaded);
    return this.keys.url(path);
  }

  /**
   * A free path for a file, kept for it: Ghost's importer writes the path into posts and saves the same object later.
   * @returns the path in the form of the given directory
   */
  async reserve(file: { name: string }, directory: string): Promise<string> {
    const parts = nameParts(file.name, this.#directory(directory));
    const names = (await this.#around.conditionalWrites())
      ? this.#names.candidates(parts)
      : [this.#names.random(parts)];
    for await (const path of names) {
      if (!this.#claims.reserve(path)) continue;
      if (!(await this.#isThere(path))) {
        this.#claims.bind(file, path);
        return posix.join(directory, posix.basename(path));
      }
      this.#claims.release(path);
    }
    throw noFreeName(file.name);
  }

  async exists(fileName: string, directory?: string): Promise<boolean> {
    const path = this.#tryPath(fileName, directory);
    if (path === undefined) return false;
    try {
      return parseVariantPath(path) ? await this.#sizes.exists(path) : await this.#isThere(path);
    } catch (error) {
      throw this.#store.failed(error, {
        operation: "HeadObject",
        key: this.keys.key(path),
        effect: "It is not known whether the file exists.",
      });
    }
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
      this.#claims.release(path);
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

  /** Importers hand in the folder with or without the feature's prefix, or `.` for its root. */
  #directory(directory: string): string {
    return posix.dirname(this.keys.path("x", directory));
  }

  /** A path that cannot exist is no error here: Ghost's local storage answers "no" as well. */
  #tryPath(fileName: string, directory?: string): string | undefined {
    try {
      return this.keys.path(fileName, directory);
    } catch {
      return undefined;
    }
  }

  async #saveReserved(source: Source, path: string): Promise<string> {
    try {
      const prepared = await this.#prepare(source, path);
      if (await this.#uploadNew(path, prepared)) return path;
    } finally {
      this.#claims.release(path);
    }
    throw new ConflictError({
      message: `Another import or replica took the name ${path} meanwhile. The file was not stored, and nothing was replaced.`,
      help: "Import again: it will find free names.",
    });
  }

  async #saveNew(source: Source, name: string, directory: string): Promise<string> {
    const parts = nameParts(name, this.#directory(directory));
    const bare = posix.join(parts.directory, parts.stem + parts.extension);
    const prepared = await this.#prepare(source, bare);
    if (isOriginal(bare) && this.#recent.has(bare.replace(/_o(\.\w+)$/, "$1"))) {
      // Ghost looks for the original under exactly this name. The image it belongs to has just been stored by us
      // under a new name, so whatever lies here was left behind by an image that is gone.
      await this.#uploader.upload(this.keys.key(bare), prepared.source, prepared.headers, false);
      return bare;
    }
    const path = await this.#place(prepared, await this.#namesFor(parts, bare));
    this.#recent.set(path, true);
    return path;
  }

  /** Without conditional writes only a name that nobody else can think of is safe from other replicas. */
  async #namesFor(parts: ReturnType<typeof nameParts>, bare: string): Promise<AsyncIterable<string> | string[]> {
    if (await this.#around.conditionalWrites()) return this.#names.candidates(parts);
    // Ghost has just deleted the old thumbnail and expects the new one in its place.
    if (isMutable(bare) && !(await this.#isThere(bare))) return [bare, this.#names.random(parts)];
    return [this.#names.random(parts), this.#names.random(parts)];
  }

  async #place(prepared: Prepared, names: AsyncIterable<string> | Iterable<string>): Promise<string> {
    let first: string | undefined;
    for await (const path of names) {
      first ??= path;
      if (!this.#claims.isFree(path)) continue;
      if (!(await this.#uploadNew(path, prepared))) continue;
      await this.#makeVariants(path, prepared);
      return path;
    }
    throw noFreeName(first ?? "");
  }

  async #uploadNew(path: string, { source, headers }: Prepared): Promise<boolean> {
    if (!this.#claims.begin(path)) return false;
    try {
      return (
        (await this.#uploader.upload(this.keys.key(path), source, headers, await this.#around.conditionalWrites())) !==
        undefined
      );
    } finally {
      this.#claims.end(path);
    }
  }

  async #prepare(source: Source, path: string): Promise<Prepared> {
    const presentation = await presentationOf(source, path, this.#options.staticFileURLPrefix);
    const strip = this.#options.imageMetadata === "strip" && !this.keys.isPrivate(path);
    return {
      source: strip ? await withoutMetadata(source, presentation.contentType, path, this.#around.budget) : source,
      headers: objectHeaders(this.#options, presentation, path),
      contentType: presentation.contentType,
    };
  }

  async #makeVariants(path: string, { source }: Prepared): Promise<void> {
    const { variants } = this.#options;
    if (!variants || !isResizable(path) || isOriginal(path)) return;
    await this.#around.budget.with(source.size, async () => {
      for await (const variant of makeVariants(source, path, variants)) await this.saveRaw(variant.bytes, variant.path);
    });
  }

  async #deleteVariants(path: string): Promise<void> {
    const { sizes, formats } = this.#options.variants ?? { sizes: [], formats: [] };
    for (const size of sizes) {
      for (const format of ["", ...formats.map((name) => `format/${name}/`)]) {
        await this.#store.delete(this.keys.key(`size/${size}/${format}${path}`));
      }
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

  async #rememberSize(
    path: string,
    { source, headers, contentType }: Prepared,
    uploaded: Uploaded | undefined,
  ): Promise<void> {
    const bytes = Buffer.allocUnsafe(source.size);
    await source.read(bytes, 0);
    this.#sizes.stored(path, {
      bytes,
      contentType,
      cacheControl: headers.CacheControl,
      contentDisposition: headers.ContentDisposition,
      etag: uploaded?.etag,
      modified: new Date(),
    });
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

const noFreeName = (name: string): ConflictError =>
  new ConflictError({
    message: `No free name was found for "${name}". Nothing was stored.`,
    help: "Give the file another name.",
  });
