import { Readable } from "node:stream";
import { EXIT, Failure } from "../failure.ts";
import { download } from "../store/download.ts";
import type { Store } from "../store/store.ts";
import { Measure, noted } from "../streams/measure.ts";
import { unseal } from "../streams/unseal.ts";
import type { StoredSegment } from "./names.ts";

/** Pieces that are on their way while one is used: a day of a busy blog is four thousand of them. */
const AHEAD = 8;

/** Larger ones, as of a transaction with a very long row, are not kept in memory. */
const AHEAD_BYTES = 16 * 1024 * 1024;

export interface ReadSegments {
  readonly store: Store;
  readonly identities: readonly string[];
  readonly signal: AbortSignal;
}

export interface OpenSegment {
  readonly segment: StoredSegment;
  readonly bytes: AsyncIterable<Buffer>;
}

/** Pieces of a log from the bucket, in their order; several are fetched at once. */
export async function* readSegments(
  segments: readonly StoredSegment[],
  how: ReadSegments,
): AsyncGenerator<OpenSegment> {
  const coming = new Map<StoredSegment, Promise<Buffer[]>>();
  for (const [index, segment] of segments.entries()) {
    for (const next of segments.slice(index, index + AHEAD)) {
      if (coming.has(next) || next.end - next.start > AHEAD_BYTES) continue;
      const whole = collect(readSegment(next, how));
      // it fails when it is its turn
      whole.catch(() => {});
      coming.set(next, whole);
    }
    const whole = coming.get(segment);
    const bytes = whole ? Readable.from(await whole) : readSegment(segment, how);
    yield { segment, bytes };
    coming.delete(segment);
  }
}

async function collect(source: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return chunks;
}

/**
 * A piece of a log: decrypted, decompressed, and compared with its SHA-256.
 * @throws {Failure} when it is not what was stored, after its last byte at the latest
 */
async function* readSegment(segment: StoredSegment, how: ReadSegments): AsyncGenerator<Buffer> {
  const { store, identities, signal } = how;
  const { key, size } = segment;
  const stored = Readable.from(download(store, { key, size, etag: undefined }, signal), { objectMode: false });
  const measure = new Measure();
  const keys = segment.encrypted ? identities : undefined;
  const plain = unseal(stored, keys, signal, (why, cause) => damaged(segment, why, cause));
  yield* noted(plain, (chunk) => measure.add(chunk));
  if (measure.sha256() !== segment.sha256) throw damaged(segment, "its SHA-256 is another one");
}

function damaged({ key, file, start }: StoredSegment, why: string, cause?: unknown): Failure {
  return new Failure(`The piece ${key} of the binary log is not what was stored: ${why}.`, {
    effect: `Nothing was changed. The log can be used up to byte ${start} of ${file.name}.`,
    next: "Take an earlier moment. A bucket with versions may still hold the right bytes.",
    exitCode: EXIT.mismatch,
    cause,
  });
}
