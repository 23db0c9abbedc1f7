import { listed } from "../dump/comparison.ts";
import { EXIT, Failure } from "../failure.ts";
import type { ManifestContent } from "../manifest/schema.ts";
import type { Store, StoredObject } from "../store/store.ts";
import { readList, type Line } from "./list.ts";
import { matched, orderedListing } from "./listing.ts";
import { bareEtag, storedName, storedPrefix } from "./names.ts";

/** More than a person reads, and no more than memory holds. */
const MAX_FOUND = 1000;

const EFFECT = "What is missing cannot be restored from this backup. Nothing was changed.";

export interface ContentVerification {
  readonly store: Store;
  readonly content: ManifestContent;
  readonly encrypted: boolean;
  readonly identities: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Compares the list of a backup's objects with what lies in the mirror: keys, sizes and ETags. Costs listings, not a
 * request for each object.
 * @throws {Failure} with what differs
 */
export async function verifyContent({
  store,
  content,
  encrypted,
  identities,
  signal,
}: ContentVerification): Promise<void> {
  const { bucket, prefix, list } = content;
  const lines = readList(store, { ...list, encrypted }, identities, signal);
  const copies = orderedListing(store, storedPrefix(bucket, prefix), EFFECT);
  const found: string[] = [];
  let objects = 0;
  let bytes = 0;
  for await (const [line, listedCopy] of matched(lines, nameIn(bucket), copies, ({ key }) => key)) {
    const ordered = nameIn(bucket)(line) !== undefined;
    const copy = ordered ? listedCopy : await store.attempt("HeadObject", EFFECT, () => store.head(line.stored.key));
    const wrong = difference(line, copy);
    if (wrong && found.length < MAX_FOUND) found.push(wrong);
    objects += 1;
    bytes += line.size;
  }
  if (objects !== content.objects) found.push(`the list has ${objects} objects instead of ${content.objects}`);
  if (bytes !== content.bytes) found.push(`the list has ${bytes} bytes instead of ${content.bytes}`);
  if (found.length > 0) throw unequal(store, content, found);
}

/** A name that was made by other rules than today's is asked for by itself. */
const nameIn =
  (bucket: string) =>
  ({ key, etag, stored }: Line): string | undefined => {
    const name = storedName(bucket, key, etag);
    return name.ordered && name.key === stored.key ? stored.key : undefined;
  };

function difference({ key, size, stored }: Line, copy: StoredObject | undefined): string | undefined {
  if (!copy) return `${JSON.stringify(key)} is not there (${stored.key})`;
  if (copy.size !== size) return `${JSON.stringify(key)} has ${copy.size} bytes instead of ${size} (${stored.key})`;
  return bareEtag(copy.etag) === stored.etag ? undefined : `${JSON.stringify(key)} has another ETag (${stored.key})`;
}

function unequal(store: Store, { bucket }: ManifestContent, found: readonly string[]): Failure {
  const where = `The content of "${bucket}" in "${store.bucket}" is not what was stored`;
  return new Failure(`${where}:\n${listed(found)}`, {
    effect: EFFECT,
    next: "Take another backup, or bring back older versions of these objects; the next run copies what is still in the content's bucket.",
    exitCode: EXIT.mismatch,
  });
}
