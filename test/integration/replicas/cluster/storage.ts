import { cp, mkdir, realpath, symlink } from "node:fs/promises";
import { join } from "node:path";
import { buildAdapter } from "@stateless-ghost/local";
import type { StoreAccess } from "../../bucket-view.ts";
import type { Bucket } from "../../commands/bucket.ts";

/** Lays the built adapter for uploads beside a cluster's folders; answers with the folder that Ghost looks in. */
export async function placeStorage(folder: string, installation: string): Promise<string> {
  const adapters = join(folder, "adapters");
  await cp(await buildAdapter(), join(adapters, "storage/storage-s3"), { recursive: true });
  // the adapter takes sharp from the Ghost that it runs in
  await mkdir(join(adapters, "node_modules"));
  await symlink(
    await realpath(join(installation, "node_modules/sharp")),
    join(adapters, "node_modules/sharp"),
    "junction",
  );
  return adapters;
}

/** Ghost's settings for it: uploads lie in the cluster's bucket, and Ghost serves them from there. */
export function storageSettings(adapters: string, bucket: Bucket, store: StoreAccess): object {
  const { endpoint, region, accessKeyId, secretAccessKey } = store;
  const options = { bucket: bucket.name, endpoint, region, accessKeyId, secretAccessKey, forcePathStyle: true };
  return {
    paths: { installedAdaptersPath: adapters },
    storage: {
      active: "storage-s3/images",
      "storage-s3/images": options,
      media: { adapter: "storage-s3/media", ...options },
      files: { adapter: "storage-s3/files", ...options },
    },
  };
}
