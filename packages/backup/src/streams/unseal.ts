import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Failure, interrupted, reasonOf } from "../failure.ts";
import { decompression } from "./compression.ts";
import { decrypt } from "./encryption.ts";

/**
 * What was compressed, and perhaps encrypted, on its way into the bucket, as it was before.
 * @param stored ended in any case
 * @param identities undefined: it is not encrypted
 * @param damaged the failure that means that the bytes are not what was stored
 */
export async function* unseal(
  stored: Readable,
  identities: readonly string[] | undefined,
  signal: AbortSignal,
  damaged: (why: string, cause: unknown) => Failure,
): AsyncGenerator<Buffer> {
  const plain = decompression();
  try {
    const source = identities ? await decrypt(stored, identities) : stored;
    const flow = pipeline(source, plain);
    // awaited at the end; until then the reader of `plain` gets the same error
    flow.catch(() => {});
    yield* plain as AsyncIterable<Buffer>;
    await flow;
  } catch (error) {
    if (signal.aborted) throw interrupted();
    throw error instanceof Failure ? error : damaged(reasonOf(error), error);
  } finally {
    stored.destroy();
  }
}
