import { ContentsReader, type Contents } from "./dump/contents.ts";
import type { Account } from "./mysql/account.ts";
import { mysqldump } from "./mysql/mysqldump.ts";
import { uploadSealed, type Sealed, type SealedUpload } from "./sealed-upload.ts";
import { noted } from "./streams/measure.ts";

export interface DumpToBucket extends SealedUpload {
  readonly account: Account;
  readonly database: string;
  readonly position: boolean;
  readonly stallMs: number;
  readonly onBytes?: (bytes: number) => void;
}

export interface Dumped extends Sealed {
  readonly contents: Contents;
}

/**
 * A database on its way into the bucket: mysqldump, read while it passes, zstd, age, parts of an upload. The object is
 * made only when mysqldump has ended well and its text is whole.
 */
export async function dumpToBucket(request: DumpToBucket): Promise<Dumped> {
  const stop = new AbortController();
  const signal = AbortSignal.any([request.signal, stop.signal]);
  const { account, database, position, stallMs } = request;
  const reader = new ContentsReader();
  const text = noted(
    mysqldump({ account, database, position, stallMs, signal }),
    (chunk) => reader.push(chunk),
    ({ length }) => request.onBytes?.(length),
  );
  let contents: Contents | undefined;
  const whole = (): void => {
    contents = reader.end();
  };
  const sealed = await uploadSealed(text, request, whole, () => stop.abort());
  if (!contents) throw new Error("The dump was not read to its end.");
  return { contents, ...sealed };
}
