import type { CompletedPart } from "@aws-sdk/client-s3";
import { EXIT, Failure, NO_BACKUP, interrupted, reasonOf } from "../failure.ts";
import type { Log } from "../log.ts";
import type { Store } from "./store.ts";

/** Most parts of an upload. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MAX_PARTS = 10_000;

/** One is being filled while these travel. */
const PARTS_IN_FLIGHT = 2;

export interface Uploaded {
  readonly version: string | undefined;
}

/** A stream of unknown length that becomes an object, all of it or nothing. */
export class Upload {
  readonly #store: Store;
  readonly #key: string;
  readonly #partBytes: number;
  readonly #log: Log;
  readonly #parts: CompletedPart[] = [];
  readonly #flying = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  /** Memory of parts that have arrived: taken again, so that the collector's pace does not decide about the peak. */
  readonly #spare: Buffer[] = [];
  #failure: unknown;
  #bytes = 0;

  constructor(store: Store, key: string, partBytes: number, log: Log) {
    this.#store = store;
    this.#key = key;
    this.#partBytes = partBytes;
    this.#log = log;
  }

  /**
   * @param whole asked after the last byte, before the object exists; what it throws leaves nothing behind
   * @throws {Failure} with the parts removed
   */
  async run(source: AsyncIterable<Buffer>, signal: AbortSignal, whole: () => void): Promise<Uploaded> {
    const id = await this.#store.attempt("CreateMultipartUpload", NO_BACKUP, () =>
      this.#store.createUpload(this.#key, { ContentType: "application/octet-stream" }),
    );
    const abort = (): void => this.#stop.abort();
    signal.addEventListener("abort", abort, { once: true });
    try {
      await this.#send(id, source);
      if (signal.aborted) throw interrupted();
      whole();
      return { version: await this.#complete(id) };
    } catch (error) {
      this.#stop.abort();
      await Promise.allSettled(this.#flying);
      await this.#abort(id);
      throw signal.aborted ? interrupted() : (this.#failure ?? error);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  async #send(id: string, source: AsyncIterable<Buffer>): Promise<void> {
    let part = this.#take();
    let filled = 0;
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length;) {
        const copied = chunk.copy(part, filled, at);
        at += copied;
        filled += copied;
        if (filled < part.length) continue;
        await this.#launch(id, part, filled);
        part = this.#take();
        filled = 0;
      }
    }
    if (filled > 0 || this.#parts.length === 0) await this.#launch(id, part, filled);
    await Promise.all(this.#flying);
    if (this.#failure) throw this.#failure;
  }

  #take(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(this.#partBytes);
  }

  async #launch(id: string, part: Buffer, filled: number): Promise<void> {
    while (this.#flying.size >= PARTS_IN_FLIGHT) await Promise.race(this.#flying);
    if (this.#failure) throw this.#failure;
    const number = this.#parts.length + 1;
    if (number > MAX_PARTS) throw tooLarge(this.#partBytes);
    // the place is taken now: parts may come back in another order
    this.#parts.push({});
    this.#bytes += filled;
    const sent = this.#sendPart(id, number, part.subarray(0, filled)).finally(() => {
      this.#flying.delete(sent);
      this.#spare.push(part);
    });
    this.#flying.add(sent);
  }

  async #sendPart(id: string, number: number, body: Buffer): Promise<void> {
    try {
      this.#parts[number - 1] = await this.#store.attempt("UploadPart", NO_BACKUP, () =>
        this.#store.uploadPart(this.#key, id, number, body, this.#stop.signal),
      );
    } catch (error) {
      this.#failure ??= error;
      this.#stop.abort();
    }
  }

  /** An answer that was lost on its way: the object tells whether it is there. What it holds is read back anyway. */
  async #complete(id: string): Promise<string | undefined> {
    try {
      const { version } = await this.#store.completeUpload(this.#key, id, this.#parts);
      return version;
    } catch (error) {
      const there = await this.#store.head(this.#key).catch(() => undefined);
      if (there?.size === this.#bytes) return there.version;
      return this.#store.attempt("CompleteMultipartUpload", NO_BACKUP, () => Promise.reject(error as Error));
    }
  }

  /** A failed abort must not hide why the upload failed; the bucket's lifecycle rule removes what is left. */
  async #abort(id: string): Promise<void> {
    try {
      await this.#store.abortUpload(this.#key, id);
    } catch (error) {
      if ((error as Error).name === "NoSuchUpload") return;
      const rest = "parts of the failed upload remain until the bucket's lifecycle removes them";
      this.#log.warn(rest, { key: this.#key, reason: reasonOf(error) });
    }
  }
}

function tooLarge(partBytes: number): Failure {
  return new Failure(`The dump does not fit into ${MAX_PARTS} parts of ${partBytes} bytes.`, {
    effect: NO_BACKUP,
    next: "Set partBytes higher; memory grows by three times as much.",
    exitCode: EXIT.usage,
  });
}
