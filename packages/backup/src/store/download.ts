import { setTimeout as delay } from "node:timers/promises";
import { EXIT, Failure, interrupted } from "../failure.ts";
import { statusOf, storeFailure } from "./failure.ts";
import type { Store } from "./store.ts";

/** Times in a row that nothing at all came; each byte that comes begins the count anew. */
const ATTEMPTS = 5;

const FIRST_DELAY_MS = 300;

/** `If-Match` met another object. */
const PRECONDITION_FAILED = 412;

export interface Wanted {
  readonly key: string;
  readonly size: number;
  readonly etag: string | undefined;
}

/**
 * The bytes of an object. A connection that breaks or falls silent is made anew, and the reading goes on where it was.
 * @throws {Failure} when the bucket gives no more, or another object lies there by now
 */
export async function* download(store: Store, wanted: Wanted, signal: AbortSignal): AsyncGenerator<Buffer> {
  let at = 0;
  for (let attempt = 1; at < wanted.size;) {
    try {
      for await (const chunk of await store.read(wanted.key, at, wanted.etag, signal)) {
        at += chunk.length;
        attempt = 1;
        yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      }
      if (at < wanted.size) throw new Error(`The answer ended after ${at} of ${wanted.size} bytes`);
    } catch (error) {
      if (signal.aborted) throw interrupted();
      const status = statusOf(error);
      if (status === PRECONDITION_FAILED) throw replaced(wanted);
      const final = status !== undefined && status < 500 && status !== 429;
      if (final || attempt === ATTEMPTS) {
        throw storeFailure(error, "GetObject", store.bucket, "It was not read to its end.");
      }
      await delay(FIRST_DELAY_MS * 2 ** attempt, undefined, { signal }).catch(() => {});
      attempt += 1;
    }
  }
}

function replaced({ key }: Wanted): Failure {
  return new Failure(`The object ${key} was replaced while it was read.`, {
    effect: "It was not read to its end, and must not be used.",
    next: "Find out who writes to the bucket; one that keeps versions still has the right bytes.",
    exitCode: EXIT.mismatch,
  });
}
