import { reasonOf } from "../failure.ts";
import type { Ghost } from "../ghost/ghost.ts";
import { within, type Mistake } from "./mistake.ts";

/** What Ghost keeps uploads of, and by which name it knows where readers find them. */
const URL_NAMES = { images: "image", media: "media", files: "files" } as const;

type Feature = keyof typeof URL_NAMES;

const FEATURES = Object.keys(URL_NAMES) as Feature[];

/** Ghost's own adapters that write to the disk. */
const ON_DISK = /^Local/;

/** What is wrong with where uploads are kept, by the adapters' own checks; said once of a block that several share. */
export function mistakesOfUploads(ghost: Ghost): Mistake[] {
  const found = FEATURES.flatMap((feature) => mistakesOf(ghost, feature));
  return [...new Map(found.map((mistake) => [`${mistake.key} ${mistake.given}`, mistake])).values()];
}

function mistakesOf(ghost: Ghost, feature: Feature): Mistake[] {
  const key = `storage__${feature}`;
  try {
    const { Adapter, adapterConfig, adapterClassName } = ghost
      .use("adapterManager")
      .default.loadAdapter(`storage:${feature}`);
    if (ON_DISK.test(adapterClassName)) {
      const given = `given ${JSON.stringify(adapterClassName)}, which writes to this disk`;
      return [{ key: `${key}__adapter`, given, expected: 'an adapter for a bucket, as in "storage-s3"' }];
    }
    return refusal(() => Adapter.validate?.(adapterConfig), `storage__${adapterClassName}`);
  } catch (error) {
    return [{ key: `${key}__adapter`, given: reasonOf(error), expected: "an adapter that can be loaded" }];
  }
}

function refusal(validate: () => void, block: string): Mistake[] {
  try {
    validate();
    return [];
  } catch (error) {
    const { errorDetails } = error as { errorDetails?: unknown };
    if (Array.isArray(errorDetails) && errorDetails.every(isMistake)) {
      return within(block, errorDetails);
    }
    return [{ key: block, given: reasonOf(error), expected: "what the adapter accepts" }];
  }
}

/** Adapters may say all that is wrong with a block, not only the first; `storage-s3` does. */
function isMistake(value: unknown): value is Mistake {
  const { key, given, expected } = (value ?? {}) as Record<string, unknown>;
  return [key, given, expected].every((part) => typeof part === "string");
}

/**
 * Tells Ghost where readers find uploads, unless it was told: without it, Ghost makes no sizes of images on a CDN.
 * To be called before Ghost's boot, which keeps these addresses.
 */
export function addressUploads(ghost: Ghost): void {
  const { config } = ghost;
  for (const feature of FEATURES) {
    const key = `urls:${URL_NAMES[feature]}`;
    const { cdnUrl, tenantPrefix } = ghost
      .use("adapterManager")
      .default.loadAdapter(`storage:${feature}`).adapterConfig;
    if (config.get(key) || !cdnUrl) continue;
    config.set(
      key,
      [cdnUrl, tenantPrefix]
        .filter(Boolean)
        .map((part) => trimSlashes(String(part)))
        .join("/"),
    );
  }
}

const trimSlashes = (value: string): string => value.replace(/^\/+|\/+$/g, "");
