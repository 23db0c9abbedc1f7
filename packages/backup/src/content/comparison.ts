import { createHash } from "node:crypto";
import { download } from "../store/download.ts";
import type { Store, StoredObject } from "../store/store.ts";
import { bareEtag } from "./names.ts";

/** One version of an object in one bucket. */
export interface Placed {
  readonly store: Store;
  readonly object: Pick<StoredObject, "key" | "size" | "etag">;
}

export type Likeness = "same" | "different" | "unknown";

/**
 * What the store itself knows. An ETag is the MD5 of an object that was sent in one piece; of one in parts, or
 * encrypted with a key of KMS, it says something else, and then the checksums of whole objects may help.
 */
export async function likeness(a: Placed, b: Placed): Promise<Likeness> {
  if (a.object.size !== b.object.size) return "different";
  const etag = bareEtag(a.object.etag);
  if (etag && etag === bareEtag(b.object.etag)) return "same";
  const [one, other] = await Promise.all([a.store.head(a.object.key), b.store.head(b.object.key)]);
  if (!one || !other || one.size !== other.size) return "different";
  const common = Object.keys(one.checksums ?? {}).filter((name) => other.checksums?.[name] !== undefined);
  if (common.length === 0) return "unknown";
  return common.every((name) => one.checksums?.[name] === other.checksums?.[name]) ? "same" : "different";
}

/** Whether the bytes are the same; both are read when there is no other way. */
export async function sameBytes(a: Placed, b: Placed, signal: AbortSignal): Promise<boolean> {
  const known = await likeness(a, b);
  if (known !== "unknown") return known === "same";
  const [one, other] = await Promise.all([digestOf(a, signal), digestOf(b, signal)]);
  return one === other;
}

async function digestOf({ store, object }: Placed, signal: AbortSignal): Promise<string> {
  const { key, size, etag } = object;
  const digest = createHash("sha256");
  for await (const chunk of download(store, { key, size, etag }, signal)) digest.update(chunk);
  return digest.digest("hex");
}
