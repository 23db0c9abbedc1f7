import { Readable } from "node:stream";
import { EXIT, Failure } from "./failure.ts";
import { Measure, noted } from "./streams/measure.ts";
import { unseal } from "./streams/unseal.ts";
import { isReadable } from "./store/archive.ts";
import { download } from "./store/download.ts";
import type { Store } from "./store/store.ts";

/** A dump in the bucket, as a manifest names it. */
export interface DumpObject {
  readonly key: string;
  readonly size: number;
  readonly sha256: string;
  readonly encrypted: boolean;
}

/**
 * The text of a dump in the bucket: decrypted, decompressed, and compared with its SHA-256 at its end.
 * @throws {Failure} before the first byte when the object is not there or has another size; after the last one when its
 *   bytes are others. Whoever must not act on wrong bytes reads it to its end first.
 */
export async function* readDump(
  store: Store,
  object: DumpObject,
  identities: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const measure = new Measure();
  const stored = await open(store, object, measure, signal);
  const keys = object.encrypted ? identities : undefined;
  yield* unseal(stored, keys, signal, (why, cause) => damaged(object, why, cause));
  requireDigest(object, measure);
}

async function open(store: Store, object: DumpObject, measure: Measure, signal: AbortSignal): Promise<Readable> {
  const { key } = object;
  const head = await store.attempt("HeadObject", "Nothing was changed.", () => store.head(key));
  if (!head) throw damaged(object, "it is not there");
  if (head.size !== object.size) throw damaged(object, `it has ${head.size} bytes instead of ${object.size}`);
  if (!isReadable(head)) throw frozen(object, head.storageClass);
  const bytes = noted(download(store, { key, size: object.size, etag: head.etag }, signal), (chunk) =>
    measure.add(chunk),
  );
  return Readable.from(bytes, { objectMode: false, highWaterMark: 1024 * 1024 });
}

function requireDigest(object: DumpObject, measure: Measure): void {
  if (measure.sha256() !== object.sha256) throw damaged(object, "its SHA-256 is another one");
}

function damaged({ key }: DumpObject, why: string, cause?: unknown): Failure {
  return new Failure(`The dump ${key} is not what was stored: ${why}.`, {
    effect: "It must not be used.",
    next: "Take another backup: `backup list` shows them. A bucket with versions may still hold the right bytes.",
    exitCode: EXIT.mismatch,
    cause,
  });
}

function frozen({ key }: DumpObject, storageClass: string): Failure {
  return new Failure(`The dump ${key} lies in ${storageClass}, from where it cannot be read.`, {
    effect: "Nothing was changed.",
    next: "Run the command again: it asks for what is archived, and waits.",
    exitCode: EXIT.temporary,
  });
}
