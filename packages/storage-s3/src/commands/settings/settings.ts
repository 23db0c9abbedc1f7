import { OptionsError, resolveOptions, type ResolvedOptions } from "../../options/options.ts";
import type { Io } from "../io.ts";
import { UsageError } from "../usage-error.ts";
import { blockOf, flagName, type BlockFlags, type SettingsFlags } from "./flags.ts";
import { readGhostConfig, type GhostConfig } from "./ghost-config.ts";
import { FEATURES, isLocal, storageBlock, type Feature, type StorageBlock } from "./storage-block.ts";

/** A feature whose files are in a bucket. */
export interface FeatureSettings {
  readonly feature: Feature;
  /** Name of the adapter in Ghost's configuration; undefined when only flags say where the files are. */
  readonly adapter: string | undefined;
  readonly options: ResolvedOptions;
  /** Where the value of an option comes from; undefined for a default. */
  readonly origin: (key: string) => string | undefined;
}

export interface Settings {
  readonly config: GhostConfig;
  readonly features: readonly [FeatureSettings, ...FeatureSettings[]];
  /** Features that were meant, too, but that Ghost keeps on its own disk. */
  readonly local: readonly { readonly feature: Feature; readonly adapter: string | undefined }[];
}

/**
 * Finds out which bucket is meant: by the flags, over Ghost's own configuration.
 * @throws {UsageError} when that is not clear, or wrong
 */
export function resolveSettings(flags: SettingsFlags, io: Pick<Io, "cwd" | "env">): Settings {
  const config = readGhostConfig(flags.config, io);
  const given = blockOf(flags);
  const features: FeatureSettings[] = [];
  const local: { feature: Feature; adapter: string | undefined }[] = [];
  for (const feature of flags.feature ?? FEATURES) {
    const block = storageBlock(config, feature);
    if (!isLocal(block.adapter)) features.push(resolveFeature(feature, block, given, config));
    else if (given.bucket === undefined) local.push({ feature, adapter: block.adapter });
    else features.push(resolveFeature(feature, NO_BLOCK, given, config));
  }
  const [first, ...others] = features;
  if (!first) throw nothingConfigured(config, local);
  return { config, features: [first, ...others], local };
}

const NO_BLOCK: StorageBlock = { adapter: undefined, values: {}, origin: () => undefined };

function resolveFeature(
  feature: Feature,
  block: StorageBlock,
  given: BlockFlags,
  config: GhostConfig,
): FeatureSettings {
  const site = config.get("url");
  const values = {
    ...(typeof site === "string" && { siteUrl: site }),
    ...block.values,
    ...given,
  };
  try {
    return {
      feature,
      adapter: block.adapter,
      options: resolveOptions(values, `content/${feature}`),
      origin: (key) => {
        if (Object.hasOwn(given, key)) return `flag ${flagName(key)}`;
        return block.origin(key) ?? (key === "siteUrl" && site ? config.origin("url") : undefined);
      },
    };
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    const lines = error.mistakes.map((mistake) => `  - ${mistake.key}: ${mistake.given}; expected ${mistake.expected}`);
    throw new UsageError(
      `The storage configuration of ${feature} is wrong. Nothing was done:\n${lines.join("\n")}`,
      "All options: the README of @stateless-ghost/storage-s3.",
    );
  }
}

function nothingConfigured(config: GhostConfig, local: Settings["local"]): UsageError {
  const places = local.map(({ feature, adapter }) => `${feature} with ${adapter ?? "no adapter"}`).join(", ");
  return new UsageError(
    `No bucket is configured: ${config.file ?? "without a configuration file,"} Ghost keeps ${places}. Nothing was done.`,
    "Give --bucket, or the configuration of a Ghost with S3 storage by --config.",
  );
}
