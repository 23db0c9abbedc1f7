import { DeleteObjectsCommand } from "@aws-sdk/client-s3";
import { statusOf } from "../../store/failure.ts";
import type { Store } from "../../store/store.ts";
import { parallel } from "../parallel.ts";
import type { StoredObject } from "./stored-object.ts";

/** Most keys of a request. @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
const BATCH = 1000;

/** Requests at a time, where objects have to be deleted one by one. */
const SINGLES_IN_FLIGHT = 8;

/** What a store answers that cannot delete many objects at once. */
const UNKNOWN_REQUEST = new Set([400, 405, 501]);

export interface Removal {
  readonly deleted: StoredObject[];
  readonly failed: { readonly key: string; readonly reason: string }[];
}

/** Deletes objects in batches. One that cannot be deleted does not keep the others from it. */
export async function remove(
  objects: readonly StoredObject[],
  signal: AbortSignal,
  done: (objects: number) => void,
): Promise<Removal> {
  const removal: Removal = { deleted: [], failed: [] };
  for (const [store, ofStore] of groupBy(objects, (object) => object.store)) {
    for (let start = 0; start < ofStore.length && !signal.aborted; start += BATCH) {
      const batch = ofStore.slice(start, start + BATCH);
      await removeBatch(store, batch, signal, removal);
      done(batch.length);
    }
  }
  return removal;
}

async function removeBatch(
  store: Store,
  batch: readonly StoredObject[],
  signal: AbortSignal,
  removal: Removal,
): Promise<void> {
  let errors: ReadonlyMap<string, string>;
  try {
    errors = await deleteObjects(store, batch);
  } catch (error) {
    if (!UNKNOWN_REQUEST.has(statusOf(error) ?? 0)) {
      const attempt = {
        operation: "DeleteObject",
        key: batch[0]?.key ?? "",
        effect: "These objects were not deleted.",
      };
      const { message } = store.failed(error, attempt);
      removal.failed.push(...batch.map(({ key }) => ({ key, reason: message })));
      return;
    }
    await parallel(batch, SINGLES_IN_FLIGHT, signal, (object) => removeOne(object, removal));
    return;
  }
  for (const object of batch) {
    const reason = errors.get(object.key);
    if (reason === undefined) removal.deleted.push(object);
    else removal.failed.push({ key: object.key, reason });
  }
}

async function deleteObjects(store: Store, batch: readonly StoredObject[]): Promise<Map<string, string>> {
  const { Errors } = await store.client.send(
    new DeleteObjectsCommand({
      Bucket: store.bucket,
      Delete: { Objects: batch.map(({ key }) => ({ Key: key })), Quiet: true },
    }),
  );
  return new Map((Errors ?? []).map(({ Key, Code, Message }) => [Key ?? "", `${Code ?? ""} ${Message ?? ""}`.trim()]));
}

async function removeOne(object: StoredObject, removal: Removal): Promise<void> {
  try {
    await object.store.delete(object.key);
    removal.deleted.push(object);
  } catch (error) {
    removal.failed.push({ key: object.key, reason: (error as Error).message });
  }
}

function groupBy<K, T>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
