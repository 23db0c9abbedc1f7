import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ContentsReader, type Contents } from "./dump/contents.ts";
import { Failure, interrupted } from "./failure.ts";
import type { Log } from "./log.ts";
import type { Account } from "./mysql/account.ts";
import { mysqldump } from "./mysql/mysqldump.ts";
import { compression } from "./streams/compression.ts";
import { encrypt } from "./streams/encryption.ts";
import { Measure, noted } from "./streams/measure.ts";
import type { Store } from "./store/store.ts";
import { Upload } from "./store/upload.ts";

export interface DumpToBucket {
  readonly account: Account;
  readonly database: string;
  readonly position: boolean;
  readonly stallMs: number;
  readonly store: Store;
  readonly key: string;
  readonly partBytes: number;
  readonly compressionLevel: number;
  /** None: not encrypted. */
  readonly recipients: readonly string[];
  readonly log: Log;
  readonly onBytes?: (bytes: number) => void;
  readonly signal: AbortSignal;
}

export interface Dumped {
  readonly contents: Contents;
  readonly size: number;
  readonly sha256: string;
  readonly version: string | undefined;
}

/**
 * A database on its way into the bucket: mysqldump, read while it passes, zstd, age, parts of an upload. No step keeps
 * more than it works on, and the object is made only when mysqldump has ended well and its text is whole.
 */
export async function dumpToBucket(request: DumpToBucket): Promise<Dumped> {
  const stop = new AbortController();
  const signal = AbortSignal.any([request.signal, stop.signal]);
  const { account, database, position, stallMs } = request;
  const reader = new ContentsReader();
  const measure = new Measure();
  const text = noted(
    mysqldump({ account, database, position, stallMs, signal }),
    (chunk) => reader.push(chunk),
    ({ length }) => request.onBytes?.(length),
  );
  const compressed = compression(request.compressionLevel);
  const flow = pipeline(Readable.from(text, { objectMode: false }), compressed);
  let broken: unknown;
  flow.catch((error: unknown) => {
    broken = error;
  });
  try {
    const sealed = request.recipients.length > 0 ? await encrypt(compressed, request.recipients) : compressed;
    const upload = new Upload(request.store, request.key, request.partBytes, request.log);
    let contents: Contents | undefined;
    const { version } = await upload.run(
      noted(sealed, (chunk) => measure.add(chunk)),
      request.signal,
      () => {
        contents = reader.end();
      },
    );
    await flow;
    if (!contents) throw new Error("The dump was not read to its end.");
    return { contents, size: measure.bytes, sha256: measure.sha256(), version };
  } catch (error) {
    // a pipe that was closed by what comes behind it says nothing; why mysqldump failed is worth more than its echo
    const first = broken instanceof Failure ? broken : error;
    stop.abort();
    await flow.catch(() => {});
    throw request.signal.aborted ? interrupted() : first;
  }
}
