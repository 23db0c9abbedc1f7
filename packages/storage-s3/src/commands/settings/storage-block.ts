import type { GhostConfig } from "./ghost-config.ts";
import { isTree } from "./tree.ts";

/** What Ghost stores apart from each other. */
export const FEATURES = ["images", "media", "files"] as const;

export type Feature = (typeof FEATURES)[number];

/** The configuration that Ghost hands to the adapter of a feature. */
export interface StorageBlock {
  /** Name of the adapter, as in `S3Storage` or `@stateless-ghost/storage-s3/images`. */
  readonly adapter: string | undefined;
  readonly values: Readonly<Record<string, unknown>>;
  /** Where a value comes from. */
  readonly origin: (key: string) => string | undefined;
}

/**
 * Finds the block of a feature by Ghost's own rule: `adapters.storage` stands in place of the whole of `storage`; a
 * feature names an adapter, or has values that go over those of the adapter it names; else `active` counts.
 * @see https://github.com/TryGhost/Ghost/blob/main/ghost/core/core/server/services/adapter-manager/utils.ts
 */
export function storageBlock(config: GhostConfig, feature: Feature): StorageBlock {
  const root = isTree(config.get("adapters", "storage")) ? ["adapters", "storage"] : ["storage"];
  const value = config.get(...root, feature);
  if (typeof value === "string" && config.get(...root, value)) return block(config, [[...root, value]], value);
  if (isTree(value) && typeof value["adapter"] === "string") {
    return block(
      config,
      [
        [...root, feature],
        [...root, value["adapter"]],
      ],
      value["adapter"],
    );
  }
  const active = config.get(...root, "active");
  return typeof active === "string" ? block(config, [[...root, active]], active) : block(config, [], undefined);
}

/** @param places of the values; the first that has one wins */
function block(config: GhostConfig, places: readonly string[][], adapter: string | undefined): StorageBlock {
  const values: Record<string, unknown> = {};
  for (const place of places.toReversed()) {
    const found = config.get(...place);
    if (isTree(found)) Object.assign(values, found);
  }
  if (places.length > 1) delete values["adapter"];
  return {
    adapter,
    values,
    origin: (key) => {
      const place = places.find((path) => config.get(...path, key) !== undefined);
      return place && config.origin(...place, key);
    },
  };
}

/** Whether an adapter keeps its files on the disk of the process: one of Ghost's own. */
export const isLocal = (adapter: string | undefined): boolean => adapter === undefined || adapter.startsWith("Local");
