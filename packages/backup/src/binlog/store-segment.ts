import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { withEffect } from "../failure.ts";
import type { Log } from "../log.ts";
import { isTaken } from "../store/failure.ts";
import type { Store } from "../store/store.ts";
import { Upload } from "../store/upload.ts";
import { compression } from "../streams/compression.ts";
import { encrypt } from "../streams/encryption.ts";
import type { CutSegment } from "./cut-log.ts";

export interface SegmentRequest {
  readonly store: Store;
  readonly key: string;
  /** The file that was fetched. */
  readonly path: string;
  readonly head: Buffer;
  readonly segment: CutSegment;
  readonly compressionLevel: number;
  readonly partBytes: number;
  /** None: not encrypted. */
  readonly recipients: readonly string[];
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * Stores a piece of a log: with one request when it is small, as nearly all are.
 * @returns bytes in the bucket
 * @throws {Failure} and there is no such object, or a whole one
 */
export async function storeSegment(request: SegmentRequest): Promise<number> {
  const { recipients, compressionLevel } = request;
  const compressed = compression(compressionLevel);
  const flow = pipeline(Readable.from(bytesOf(request), { objectMode: false }), compressed);
  // awaited below; until then whoever reads `compressed` gets the same error
  flow.catch(() => {});
  try {
    const sealed = recipients.length > 0 ? await encrypt(compressed, recipients) : compressed;
    const size = await put(request, sealed);
    await flow;
    return size;
  } catch (error) {
    const next = "It is tried again; the server keeps its log for binlog_expire_logs_seconds.";
    throw withEffect(error, "The newest part of the binary log is not archived yet.", next);
  } finally {
    compressed.destroy();
  }
}

async function* bytesOf({ path, head, segment: { at, length } }: SegmentRequest): AsyncGenerator<Buffer> {
  yield head;
  if (length > 0) yield* createReadStream(path, { start: at, end: at + length - 1 }) as AsyncIterable<Buffer>;
}

async function put({ store, key, partBytes, log, signal }: SegmentRequest, sealed: Readable): Promise<number> {
  const first: Buffer[] = [];
  let size = 0;
  const rest = (sealed as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  for (;;) {
    const { value, done } = await rest.next();
    if (done) break;
    first.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    size += value.byteLength;
    if (size < partBytes) continue;
    const upload = new Upload(store, key, partBytes, log);
    await upload.run(
      counted(first, rest, (bytes) => (size += bytes)),
      signal,
      () => {},
    );
    return size;
  }
  await putSmall(store, key, Buffer.concat(first, size));
  return size;
}

async function* counted(
  first: readonly Buffer[],
  rest: AsyncIterator<Uint8Array>,
  note: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  yield* first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) {
    note(next.value.byteLength);
    yield Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
  }
}

async function putSmall(store: Store, key: string, body: Buffer): Promise<void> {
  try {
    await store.putNew(key, body, "application/octet-stream");
  } catch (error) {
    // an answer that was lost, and a second attempt: the key names the content's SHA-256
    if (isTaken(error)) return;
    await store.attempt("PutObject", "", () => Promise.reject(error as Error));
  }
}
