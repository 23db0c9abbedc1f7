import { setTimeout as delay } from "node:timers/promises";
import type { CompletedPart } from "@aws-sdk/client-s3";
import type { ByteBudget } from "./budget.ts";
import { log } from "../observation/log.ts";
import { settle, type Uploaded } from "./settlement.ts";
import type { Source } from "./source.ts";
import type { ObjectHeaders, Store } from "../store/store.ts";

/** Most parts of an upload. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MAX_PARTS = 10_000;
const MiB = 1024 * 1024;

/** Parts of one upload in flight: enough for a long line, and room for others in the budget. */
const PARTS_IN_FLIGHT = 8;

/** The author waits this long for the clean-up at most; it goes on behind their back when the store is down. */
const ABORT_WAIT_MS = 2000;
const ABORT_ATTEMPTS = 5;
const ABORT_DELAY_MS = 5000;

export interface PartSettings {
  /** Smallest part. */
  readonly partBytes: number;
}

/** Size of a part: as configured, and larger in whole MiB when 10,000 of them would not be enough. */
export function partSize(size: number, partBytes: number): number {
  return Math.max(partBytes, Math.ceil(size / MAX_PARTS / MiB) * MiB);
}

/** One upload in parts. It ends complete, or aborted with nothing left behind. */
export class MultipartUpload {
  readonly #store: Store;
  readonly #budget: ByteBudget;
  readonly #key: string;
  readonly #source: Source;
  readonly #partBytes: number;

  constructor(store: Store, budget: ByteBudget, settings: PartSettings, key: string, source: Source) {
    this.#store = store;
    this.#budget = budget;
    this.#key = key;
    this.#source = source;
    this.#partBytes = partSize(source.size, settings.partBytes);
  }

  /** @returns undefined when `onlyNew` and the key is taken */
  async run(headers: ObjectHeaders, marker: string, onlyNew: boolean): Promise<Uploaded | undefined> {
    // Asked while the upload begins, so that it costs no time: hundreds of megabytes should not travel for a 412.
    const [begun, taken] = await Promise.allSettled([
      this.#store.createUpload(this.#key, headers),
      onlyNew && this.#store.head(this.#key).then(Boolean),
    ]);
    if (begun.status === "rejected") throw begun.reason;
    const uploadId = begun.value;
    let stored: Uploaded | undefined;
    try {
      // Not every policy allows the question; then the end of the upload tells.
      if (taken.status === "rejected" || !taken.value) {
        const parts = await this.#sendParts(uploadId);
        const complete = async () => ({ etag: await this.#store.completeUpload(this.#key, uploadId, parts, onlyNew) });
        // After a conflict S3 wants the whole upload anew.
        stored = await settle(this.#store, this.#key, marker, complete, 1);
      }
    } finally {
      if (!stored) await Promise.race([this.#abort(uploadId), delay(ABORT_WAIT_MS, undefined, { ref: false })]);
    }
    return stored;
  }

  async #sendParts(uploadId: string): Promise<CompletedPart[]> {
    const count = Math.max(1, Math.ceil(this.#source.size / this.#partBytes));
    const parts: CompletedPart[] = [];
    const failed = new AbortController();
    let next = 0;
    const send = async (): Promise<void> => {
      while (next < count && !failed.signal.aborted) {
        const index = next;
        next += 1;
        try {
          parts[index] = await this.#sendPart(uploadId, index, failed.signal);
        } catch (error) {
          // The other parts are stopped, and waited for: an abort while parts travel can leave them behind.
          failed.abort();
          throw error;
        }
      }
    };
    const ended = await Promise.allSettled(Array.from({ length: Math.min(count, PARTS_IN_FLIGHT) }, send));
    const reasons = ended.flatMap((worker) => (worker.status === "rejected" ? [worker.reason as Error] : []));
    // Those that were stopped only report the stop.
    const first = reasons.find(({ name }) => name !== "AbortError") ?? reasons[0];
    if (first) throw first;
    return parts;
  }

  #sendPart(uploadId: string, index: number, signal: AbortSignal): Promise<CompletedPart> {
    const offset = index * this.#partBytes;
    const length = Math.min(this.#partBytes, this.#source.size - offset);
    return this.#budget.lend(length, async (body) => {
      signal.throwIfAborted();
      await this.#source.read(body, offset);
      return this.#store.uploadPart(this.#key, uploadId, index + 1, body, signal);
    });
  }

  /** A failed abort must not hide why the upload failed; the bucket's lifecycle rule removes what is left. */
  async #abort(uploadId: string): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#store.abortUpload(this.#key, uploadId);
        return;
      } catch (error) {
        if (attempt === ABORT_ATTEMPTS) {
          log("error", "parts of a failed upload remain until the bucket's lifecycle removes them", {
            operation: "AbortMultipartUpload",
            key: this.#key,
            error: (error as Error).message,
          });
          return;
        }
        await delay(ABORT_DELAY_MS * attempt, undefined, { ref: false });
      }
    }
  }
}
