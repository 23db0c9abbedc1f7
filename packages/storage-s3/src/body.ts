import type { Readable } from "node:stream";
import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import type { Store } from "./store.ts";

/** Times a body is taken up again without a byte of progress in between. */
const RESUMES = 2;

/** Bytes of one object, first and last included. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

/**
 * The bytes of an answered GET. When the connection breaks or falls silent the rest is asked for again, of the same
 * version of the object; a reader who pauses a video does not lose it either.
 * @throws what the store throws when it stays silent, or when the object has changed
 */
export async function* resumable(
  store: Store,
  key: string,
  answer: GetObjectCommandOutput,
  span: Span,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  let position = span.first;
  let failures = 0;
  let body = answer.Body as Readable | undefined;
  while (position <= span.last) {
    try {
      for await (const chunk of body ?? []) {
        position += (chunk as Buffer).length;
        failures = 0;
        yield chunk as Buffer;
      }
      if (position <= span.last)
        throw new Error(`The object store ended ${key} ${span.last - position + 1} bytes early.`);
    } catch (error) {
      body?.destroy();
      failures += 1;
      if (signal?.aborted || failures > RESUMES) throw error;
      const rest = await store.get(key, { range: `bytes=${position}-${span.last}`, ifMatch: answer.ETag, signal });
      // A store that does not know the condition may answer with another version.
      if (!rest?.Body || rest.ETag !== answer.ETag) {
        if (rest) discard(rest);
        throw error;
      }
      body = rest.Body as Readable;
    }
  }
}

/** The whole body of an answered GET. */
export async function readBody(store: Store, key: string, answer: GetObjectCommandOutput): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const length = answer.ContentLength ?? 0;
  for await (const chunk of resumable(store, key, answer, { first: 0, last: length - 1 })) chunks.push(chunk);
  return Buffer.concat(chunks, length);
}

/** Lets go of a body that nobody will read, so that its connection is free again. */
export function discard(answer: GetObjectCommandOutput): void {
  (answer.Body as Readable | undefined)?.destroy();
}
