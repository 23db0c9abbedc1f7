import { randomUUID } from "node:crypto";
import type { ByteBudget } from "./budget.ts";
import { MultipartUpload, type PartSettings } from "./multipart.ts";
import { MARKER, settle, type Uploaded } from "./settlement.ts";
import type { Source } from "./source.ts";
import { isConflict } from "../store/failure.ts";
import type { ObjectHeaders, Store } from "../store/store.ts";

/** Times an upload in parts is begun. */
const CONFLICT_ATTEMPTS = 3;

export interface UploadSettings extends PartSettings {
  /** Size from which a file is sent in parts. */
  readonly thresholdBytes: number;
}

/** Writes sources into the store within the memory budget. */
export class Uploader {
  readonly #store: Store;
  readonly #budget: ByteBudget;
  readonly #settings: UploadSettings;

  constructor(store: Store, budget: ByteBudget, settings: UploadSettings) {
    this.#store = store;
    this.#budget = budget;
    this.#settings = settings;
  }

  isInParts({ size }: Source): boolean {
    return size >= this.#settings.thresholdBytes;
  }

  /**
   * Stores a source under a key: whole or not at all.
   * @param onlyNew refuse to replace an object
   * @returns undefined when `onlyNew` and the key is taken
   * @throws {GhostError} when the store fails; no half-written object and no parts are left behind
   */
  async upload(key: string, source: Source, headers: ObjectHeaders, onlyNew: boolean): Promise<Uploaded | undefined> {
    const marker = randomUUID();
    const marked = { ...headers, Metadata: { ...headers.Metadata, [MARKER]: marker } };
    const inParts = this.isInParts(source);
    try {
      if (inParts) return await this.#uploadParts(key, source, marked, marker, onlyNew);
      return await this.#budget.lend(source.size, async (body) => {
        await source.read(body, 0);
        return settle(this.#store, key, marker, async () => ({
          etag: await this.#store.put(key, body, marked, onlyNew),
        }));
      });
    } catch (error) {
      const operation = inParts ? "UploadPart" : "PutObject";
      throw this.#store.failed(error, { operation, key, effect: "The file was not stored." });
    }
  }

  /** S3 wants an upload in parts to begin anew after a conflict with another write. */
  async #uploadParts(
    key: string,
    source: Source,
    headers: ObjectHeaders,
    marker: string,
    onlyNew: boolean,
  ): Promise<Uploaded | undefined> {
    const begin = () => new MultipartUpload(this.#store, this.#budget, this.#settings, key, source);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await begin().run(headers, marker, onlyNew);
      } catch (error) {
        if (!isConflict(error) || attempt === CONFLICT_ATTEMPTS) throw error;
      }
    }
  }
}
