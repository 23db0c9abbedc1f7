import { posix } from "node:path";
import { clientsFor } from "../../store/client.ts";
import { Store } from "../../store/store.ts";
import type { FeatureSettings } from "../settings/settings.ts";
import { familyOf } from "./family.ts";

/** An object of a feature. */
export interface StoredObject {
  readonly store: Store;
  readonly key: string;
  /** Relative path, as in `2026/11/a.jpg`. */
  readonly path: string;
  /** The same with the feature's, as in `content/images/2026/11/a.jpg`. */
  readonly sitePath: string;
  readonly family: string;
  readonly size: number;
  readonly modified: Date | undefined;
}

/** All objects of the features, those that readers see and the private originals. */
export async function* listObjects(features: readonly FeatureSettings[]): AsyncGenerator<StoredObject> {
  const seen = new Set<string>();
  for (const { options } of features) {
    const { tenantPrefix, staticFileURLPrefix: prefix } = options;
    const store = new Store(clientsFor(options), options);
    for (const root of [posix.join(tenantPrefix, prefix), posix.join(tenantPrefix, "private", prefix)]) {
      const id = JSON.stringify([options.endpoint, options.bucket, root]);
      if (!seen.has(id)) yield* listRoot(store, `${root}/`, prefix);
      seen.add(id);
    }
  }
}

async function* listRoot(store: Store, root: string, prefix: string): AsyncGenerator<StoredObject> {
  try {
    for await (const { key, size, modified } of store.list(root)) {
      const path = key.slice(root.length);
      yield { store, key, path, sitePath: `${prefix}/${path}`, family: familyOf(path), size, modified };
    }
  } catch (error) {
    throw store.failed(error, { operation: "ListObjectsV2", key: root, effect: "Nothing was deleted." });
  }
}
