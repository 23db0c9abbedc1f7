import { posix } from "node:path";
import type { Ghost } from "../ghost/ghost.ts";

/**
 * Where an uploaded image is as long as its own address is not known.
 * @param month as in "2026/11", by UTC
 */
export function usualAddress(site: string, month: string, name: string): string {
  return `${site}/content/images/${month}/${name}`;
}

/** Deletes an uploaded image with the original that Ghost keeps beside it; the Admin API has no way to. */
export async function deleteImage(ghost: Ghost, url: string): Promise<number> {
  const store = ghost.use("adapterManager").default.getAdapter("storage:images") as ImageStore;
  const path = pathOf(store, url);
  if (path === undefined) return 0;
  const { dir, name, ext } = posix.parse(path.replaceAll("\\", "/"));
  let deleted = 0;
  // where storage is a disk of the replicas' own, this process finds none
  for (const file of [`${name}${ext}`, `${name}_o${ext}`]) {
    if (!(await store.exists(file, dir))) continue;
    await store.delete(file, dir);
    deleted += 1;
  }
  return deleted;
}

/** Undefined where the adapter lacks the method, as it may, or does not know the address. */
function pathOf(store: ImageStore, url: string): string | undefined {
  try {
    return store.urlToPath?.(url);
  } catch {
    return undefined;
  }
}

/** A storage adapter of Ghost's, as far as it is used here. @see https://docs.ghost.org/config#creating-a-custom-storage-adapter */
interface ImageStore {
  urlToPath?(url: string): string;
  exists(fileName: string, directory: string): Promise<boolean>;
  delete(fileName: string, directory: string): Promise<unknown>;
}
