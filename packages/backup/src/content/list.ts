import { z } from "zod";
import { EXIT, Failure } from "../failure.ts";
import { uploadSealed, type Sealed, type SealedUpload } from "../sealed-upload.ts";
import { readDump, type DumpObject } from "../stored-dump.ts";
import type { Store } from "../store/store.ts";

/** Bytes of text that are handed on at once. */
const BATCH_BYTES = 64 * 1024;

const NEWLINE = 0x0a;

const text = z.string().min(1);

/** One object of the content, and where its version lies in the backups' bucket. ETags are without quotes. */
export const lineSchema = z.strictObject({
  key: text,
  size: z.int().min(0),
  etag: z.string(),
  stored: z.strictObject({ key: text, etag: z.string() }),
});

export type Line = z.output<typeof lineSchema>;

/** Writes a list of objects beside the dump: a line of JSON for each, sealed as the dump is. */
export function writeList(lines: AsyncIterable<Line>, request: SealedUpload, stop: () => void): Promise<Sealed> {
  return uploadSealed(textOf(lines), request, () => {}, stop);
}

async function* textOf(lines: AsyncIterable<Line>): AsyncGenerator<Buffer> {
  let batch = "";
  for await (const line of lines) {
    batch += `${JSON.stringify(line)}\n`;
    if (batch.length < BATCH_BYTES) continue;
    yield Buffer.from(batch);
    batch = "";
  }
  if (batch) yield Buffer.from(batch);
}

/** @throws {Failure} after the last line when the list is not what was stored; whoever must not act on it reads it first */
export async function* readList(
  store: Store,
  object: DumpObject,
  identities: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Line> {
  let rest = Buffer.alloc(0);
  for await (const chunk of readDump(store, object, identities, signal)) {
    let bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE)) {
      yield parse(bytes.toString("utf8", 0, end), object);
      bytes = bytes.subarray(end + 1);
    }
    rest = Buffer.from(bytes);
  }
  if (rest.length > 0) throw unreadable(object, "its last line has no end");
}

function parse(line: string, object: DumpObject): Line {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw unreadable(object, "a line is not JSON", error);
  }
  const result = lineSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw unreadable(object, `${issue?.path.join(".") || "a line"}: ${issue?.message}`);
}

function unreadable({ key }: DumpObject, why: string, cause?: unknown): Failure {
  return new Failure(`The list ${key} cannot be understood (${why}).`, {
    effect: "Nothing was changed.",
    next: "It was damaged, or written by a newer version of this program: use that one, or take another backup.",
    exitCode: EXIT.mismatch,
    cause,
  });
}
