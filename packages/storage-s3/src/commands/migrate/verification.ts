import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import type { Store } from "../../store/store.ts";
import { bareTag, type Digest } from "./digest.ts";

/** Metadata by which another run recognises what is there already. */
export const SOURCE_SHA256 = "source-sha256";
export const SOURCE_ETAG = "source-etag";

/** `checksum` asks the store for size and checksum; `full` reads everything back. */
export type VerifyMode = "checksum" | "full";

export class VerificationError extends Error {
  override name = "VerificationError";
}

/**
 * Compares what the store holds with what it was given.
 * @throws {VerificationError} when it is something else
 */
export async function verify(
  store: Store,
  key: string,
  expected: Digest,
  sourceSha256: string,
  mode: VerifyMode,
): Promise<void> {
  const head = await store.head(key);
  if (!head) throw new VerificationError("The store has not kept it.");
  if (head.ContentLength !== expected.size) {
    throw new VerificationError(`The store holds ${head.ContentLength} bytes instead of ${expected.size}.`);
  }
  if (head.Metadata?.[SOURCE_SHA256] !== sourceSha256) {
    throw new VerificationError("The store holds another upload under this key.");
  }
  // With encryption by KMS, and in some stores, an ETag is no checksum: then only reading tells.
  if (mode === "checksum" && bareTag(head.ETag) === expected.etag) return;
  if ((await sha256Of(store, key)) !== expected.sha256) {
    throw new VerificationError("The bytes that were read back are not those that were stored.");
  }
}

async function sha256Of(store: Store, key: string): Promise<string> {
  const hash = createHash("sha256");
  const answer = await store.get(key);
  if (!answer?.Body) throw new VerificationError("The store has not kept it.");
  for await (const chunk of answer.Body as Readable) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
