import { createRequire } from "node:module";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { StoreAccess } from "./store.ts";

export type Feature = "images" | "media";
export type SubjectName = "stateless-ghost" | "Ghost S3Storage" | "ghos3";

/** A storage adapter under test: where its module is and how it is set up for a store. */
export interface Subject {
  name: SubjectName;
  version: string;
  /** Whether Ghost can make image sizes with it: it has saveRaw, and read takes a path. */
  makesSizes: boolean;
  module(feature: Feature): string;
  options(store: StoreAccess, feature: Feature): Record<string, unknown>;
}

const require = createRequire(import.meta.url);

/** 10 MiB each, the values Ghost's own documentation of the adapter gives (https://github.com/TryGhost/Ghost/pull/25563). */
const MULTIPART_BYTES = 10 * 1024 * 1024;

function versionOf(file: string): string {
  return (require(file) as { version: string }).version;
}

function access(store: StoreAccess): Record<string, unknown> {
  const { bucket, endpoint, region, accessKeyId, secretAccessKey } = store;
  return { bucket, endpoint, region, accessKeyId, secretAccessKey, forcePathStyle: true };
}

/** Where readers would fetch objects: path style, straight from the store. */
function assetUrl(store: StoreAccess): string {
  return `${store.endpoint}/${store.bucket}`;
}

function ours(adapter: string): Subject {
  return {
    name: "stateless-ghost",
    version: versionOf(join(adapter, "package.json")),
    makesSizes: true,
    module: (feature) => join(adapter, `${feature}.js`),
    options: (store) => ({ ...access(store), cdnUrl: assetUrl(store) }),
  };
}

function ghostsOwn(ghost: string): Subject {
  return {
    name: "Ghost S3Storage",
    version: versionOf(join(ghost, "package.json")),
    makesSizes: true,
    module: () => join(ghost, "core/server/adapters/storage/S3Storage.js"),
    options: (store, feature) => ({
      ...access(store),
      cdnUrl: assetUrl(store),
      staticFileURLPrefix: `content/${feature}`,
      multipartUploadThresholdBytes: MULTIPART_BYTES,
      multipartChunkSizeBytes: MULTIPART_BYTES,
    }),
  };
}

function ghos3(): Subject {
  const module = require.resolve("ghos3");
  return {
    name: "ghos3",
    version: versionOf(join(dirname(module), "package.json")),
    makesSizes: false,
    module: () => module,
    options: (store) => ({ ...access(store), assetHost: assetUrl(store), acl: "private" }),
  };
}

/**
 * The subjects in the order in which they take turns.
 * @param adapter folder of the built adapter
 * @param ghost folder of an installed Ghost
 */
export function subjects(adapter: string, ghost: string): Subject[] {
  return [ours(adapter), ghostsOwn(ghost), ghos3()];
}

/** Fails before anything is measured when a subject is not there to be measured. */
export function assertPresent(subject: Subject): void {
  const module = subject.module("images");
  if (existsSync(module)) return;
  throw new Error(
    `${subject.name} cannot be measured: ${module} does not exist. Nothing was measured. ` +
      "Name the folder of an installed Ghost 6.65 with --ghost, or run `npm start` once to have one.",
  );
}
