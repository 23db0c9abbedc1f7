import { Keys } from "../../paths/keys.ts";
import type { ResolvedOptions } from "../../options/options.ts";
import { isOriginal } from "../../paths/original.ts";
import { isResizable, makeVariants } from "../../preparation/pictures.ts";
import { prepare, type Prepared } from "../../preparation/preparation.ts";
import type { Uploaded } from "../../upload/settlement.ts";
import type { Source } from "../../upload/source.ts";
import { Storage, type Surroundings } from "../../storage.ts";
import type { ListedObject } from "../../store/store.ts";
import { surroundingsOf } from "../../surroundings.ts";
import { Uploader } from "../../upload/uploader.ts";
import { bareTag } from "./digest.ts";

/** What the bucket says of an object in a listing. */
export interface Listed {
  readonly size: number;
  readonly etag: string | undefined;
}

/** Where the files of one feature go. */
export class Target {
  readonly options: ResolvedOptions;
  readonly around: Surroundings;
  readonly keys: Keys;
  readonly #uploader: Uploader;
  readonly #storage: Storage;
  readonly #listed = new Map<string, Listed>();

  constructor(options: ResolvedOptions) {
    this.options = options;
    this.around = surroundingsOf(options);
    this.keys = new Keys({ ...options, privateOriginals: options.originals === "private" });
    this.#uploader = new Uploader(this.around.store, this.around.budget, {
      thresholdBytes: options.multipartUploadThresholdBytes,
      partBytes: options.multipartChunkSizeBytes,
    });
    this.#storage = new Storage(options, this.around);
  }

  /** Asks once for all that is there, instead of once for every file. */
  async look(seen: () => void): Promise<void> {
    const { store } = this.around;
    // An original may lie apart from the image that it belongs to.
    for (const root of new Set(["x", "x_o.jpg"].map((path) => this.keys.key(path).replace(/x(_o\.jpg)?$/, "")))) {
      try {
        for await (const object of store.list(root)) {
          this.#listed.set(object.key, listed(object));
          seen();
        }
      } catch (error) {
        throw store.failed(error, { operation: "ListObjectsV2", key: root, effect: "Nothing was copied." });
      }
    }
  }

  listed(key: string): Listed | undefined {
    return this.#listed.get(key);
  }

  prepare(source: Source, path: string): Promise<Prepared> {
    return prepare(source, path, this.options, this.keys, this.around.budget);
  }

  /** Stores a file as an upload would be stored. @returns undefined when `onlyNew` and the key is taken */
  async put(
    key: string,
    { source, headers }: Prepared,
    metadata: Record<string, string>,
    onlyNew: boolean,
  ): Promise<Uploaded | undefined> {
    const conditional = onlyNew && (await this.around.conditionalWrites(this.#uploader.isInParts(source)));
    if (onlyNew && !conditional && (await this.around.store.head(key))) return undefined;
    return this.#uploader.upload(key, source, { ...headers, Metadata: metadata }, conditional);
  }

  /** The sizes that an upload would get as well. */
  async putSizes(path: string, { source }: Prepared): Promise<void> {
    const { variants } = this.options;
    if (!variants || !isResizable(path) || isOriginal(path)) return;
    for await (const variant of makeVariants(source, path, variants, this.around.budget)) {
      await this.#storage.saveRaw(variant.bytes, variant.path);
    }
  }
}

const listed = ({ size, etag }: ListedObject): Listed => ({ size, etag: bareTag(etag) });
