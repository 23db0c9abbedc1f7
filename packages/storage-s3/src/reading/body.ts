import type { Readable } from "node:stream";
import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import type { Store } from "../store/store.ts";

/** Times a body is taken up again without progress in between. */
const RESUMES = 2;

/** Less is no progress: a store that sends a little and falls silent, again and again, would keep a reader for hours. */
const PROGRESS_BYTES = 1024 * 1024;

/** Part of an operation's time that may be waited without progress before a body is taken up again. */
const RESUME_WINDOW = 0.6;

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
  let body = answer.Body as Readable | undefined;
  let reached = position;
  let failures = 0;
  let waitedMs = 0;
  while (position <= span.last) {
    // The time in which a reader pauses is not the store's.
    let asked = performance.now();
    try {
      for await (const chunk of body ?? []) {
        waitedMs += performance.now() - asked;
        position += (chunk as Buffer).length;
        if (position - reached >= PROGRESS_BYTES) [reached, failures, waitedMs] = [position, 0, 0];
        yield chunk as Buffer;
        asked = performance.now();
      }
      if (position <= span.last)
        throw new Error(`The object store ended ${key} ${span.last - position + 1} bytes early.`);
    } catch (error) {
      body?.destroy();
      waitedMs += performance.now() - asked;
      failures += 1;
      if (signal?.aborted || failures > RESUMES || waitedMs > store.timeoutMs * RESUME_WINDOW) throw error;
      const conditions = { range: `bytes=${position}-${span.last}`, ifMatch: answer.ETag, signal };
      const rest = await store.get(key, conditions, store.timeoutMs - waitedMs);
      // A store that does not know the condition may answer with another version.
      if (!rest?.Body || !continues(rest, answer, position)) {
        if (rest) discard(rest);
        throw error;
      }
      body = rest.Body as Readable;
    }
  }
}

/** The bytes that an answer carries. */
export function spanOf(contentRange: string | undefined, length: number): Span {
  const first = Number(/^bytes (\d+)-/.exec(contentRange ?? "")?.[1] ?? 0);
  return { first, last: first + length - 1 };
}

/** Whether an answer is the rest of the same version of an object, from this very byte on. */
function continues(rest: GetObjectCommandOutput, first: GetObjectCommandOutput, position: number): boolean {
  const same = first.ETag !== undefined && rest.ETag === first.ETag;
  return same && spanOf(rest.ContentRange, 0).first === position;
}

/** The whole body of an answered GET. */
export async function readBody(store: Store, key: string, answer: GetObjectCommandOutput): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const length = answer.ContentLength;
  if (length === undefined) throw new Error(`The object store did not tell the length of ${key}.`);
  if (length === 0) discard(answer);
  for await (const chunk of resumable(store, key, answer, { first: 0, last: length - 1 })) chunks.push(chunk);
  return Buffer.concat(chunks, length);
}

/** Lets go of a body that nobody will read, so that its connection is free again. */
export function discard(answer: { readonly Body?: unknown }): void {
  (answer.Body as Readable | undefined)?.destroy();
}
