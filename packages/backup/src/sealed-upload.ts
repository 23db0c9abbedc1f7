import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Failure, interrupted } from "./failure.ts";
import type { Log } from "./log.ts";
import { compression } from "./streams/compression.ts";
import { encrypt } from "./streams/encryption.ts";
import { Measure, noted } from "./streams/measure.ts";
import type { Store } from "./store/store.ts";
import { Upload } from "./store/upload.ts";

export interface SealedUpload {
  readonly store: Store;
  readonly key: string;
  readonly partBytes: number;
  readonly compressionLevel: number;
  /** None: not encrypted. */
  readonly recipients: readonly string[];
  readonly log: Log;
  readonly signal: AbortSignal;
}

export interface Sealed {
  readonly size: number;
  readonly sha256: string;
  readonly version: string | undefined;
}

/**
 * A text on its way into the bucket: zstd, age, parts of an upload. No step keeps more than it works on.
 * @param whole asked after the last byte, before the object exists; what it throws leaves nothing behind
 * @param stop ends whatever the text comes from
 */
export async function uploadSealed(
  text: AsyncIterable<Buffer>,
  request: SealedUpload,
  whole: () => void,
  stop: () => void,
): Promise<Sealed> {
  const { store, key, partBytes, recipients, log, signal } = request;
  const measure = new Measure();
  const compressed = compression(request.compressionLevel);
  const flow = pipeline(Readable.from(text, { objectMode: false }), compressed);
  let broken: unknown;
  flow.catch((error: unknown) => {
    broken = error;
  });
  try {
    const sealed = recipients.length > 0 ? await encrypt(compressed, recipients) : compressed;
    const upload = new Upload(store, key, partBytes, log);
    const { version } = await upload.run(
      noted(sealed, (chunk) => measure.add(chunk)),
      signal,
      whole,
    );
    await flow;
    return { size: measure.bytes, sha256: measure.sha256(), version };
  } catch (error) {
    // a pipe that was closed by what comes behind it says nothing; why its source failed is worth more than its echo
    const first = broken instanceof Failure ? broken : error;
    stop();
    await flow.catch(() => {});
    throw signal.aborted ? interrupted() : first;
  }
}
