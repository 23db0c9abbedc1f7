import { EXIT, Failure } from "../failure.ts";
import { storeFailure } from "../store/failure.ts";
import type { Store, StoredObject } from "../store/store.ts";

/** In the order of UTF-8, as S3 lists keys; that of JavaScript differs beyond the first 65,536 characters. */
export const compareKeys = (a: string, b: string): number =>
  a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The objects below a prefix, in the order that comparing needs. @throws {Failure} when the store has another order */
export async function* orderedListing(store: Store, prefix: string, effect: string): AsyncGenerator<StoredObject> {
  let last: string | undefined;
  try {
    for await (const object of store.list(prefix)) {
      if (last !== undefined && compareKeys(last, object.key) >= 0) throw unordered(store, last, object.key, effect);
      last = object.key;
      yield object;
    }
  } catch (error) {
    throw storeFailure(error, "ListObjectsV2", store.bucket, effect);
  }
}

/** Characters that mean the same in every encoding of keys. */
const PLAIN = /^[\w./-]*/;

/**
 * An object as a listing has it. Other than HEAD, a listing tells a missing object from a missing bucket, and finds a key
 * again that the store lists in another form than it takes.
 */
export async function findListed(store: Store, key: string): Promise<StoredObject | undefined> {
  const [prefix = ""] = PLAIN.exec(key) ?? [];
  for await (const object of store.list(prefix)) {
    const order = compareKeys(object.key, key);
    if (order >= 0) return order === 0 ? object : undefined;
  }
  return undefined;
}

/**
 * Two sequences in the order of their keys, side by side: each of the first with that of the second of the same name.
 * @param nameOf undefined: it is in no order, and stays alone
 */
export async function* matched<Left, Right>(
  lefts: AsyncIterable<Left>,
  nameOf: (left: Left) => string | undefined,
  rights: AsyncIterable<Right>,
  otherNameOf: (right: Right) => string,
): AsyncGenerator<[Left, Right | undefined]> {
  const others = rights[Symbol.asyncIterator]();
  try {
    let other = await others.next();
    for await (const left of lefts) {
      const name = nameOf(left);
      if (name === undefined) {
        yield [left, undefined];
        continue;
      }
      while (!other.done && compareKeys(otherNameOf(other.value), name) < 0) other = await others.next();
      yield [left, !other.done && otherNameOf(other.value) === name ? other.value : undefined];
    }
  } finally {
    await others.return?.();
  }
}

function unordered({ bucket }: Store, first: string, second: string, effect: string): Failure {
  const keys = `${JSON.stringify(first)} before ${JSON.stringify(second)}`;
  return new Failure(`The store lists the bucket "${bucket}" in another order than that of UTF-8 (${keys}).`, {
    effect,
    next: "Use a general purpose bucket of S3, or a store that lists as they do.",
    exitCode: EXIT.unavailable,
  });
}
