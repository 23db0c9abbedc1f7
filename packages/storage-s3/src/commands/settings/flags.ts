import { InvalidArgumentError, Option, type Command } from "commander";
import { metaOf, type KnownOption } from "../../options/schema.ts";
import { PROVIDERS } from "../../options/presets.ts";
import { FEATURES, type Feature } from "./storage-block.ts";

/** Options of a storage block that can be given on the command line; secrets never can. */
const BLOCK_FLAGS = ["bucket", "region", "endpoint", "provider", "tenantPrefix", "cdnUrl", "forcePathStyle"] as const;

export type BlockFlags = Partial<Record<(typeof BLOCK_FLAGS)[number], string | boolean>>;

/** What every command takes. */
export interface SettingsFlags extends BlockFlags {
  readonly config?: string;
  readonly feature?: readonly Feature[];
  readonly json?: boolean;
  readonly verbose?: boolean;
}

const meaning = (option: KnownOption): string => metaOf(option).description.replaceAll("`", "");

/** Adds the flags that say which bucket is meant. */
export function addSettingsFlags(command: Command): Command {
  return command
    .option("--config <file>", "Ghost's configuration (default: config.production.json of the current folder)")
    .option("--bucket <name>", meaning("bucket"))
    .option("--region <name>", meaning("region"))
    .option("--endpoint <url>", meaning("endpoint"))
    .addOption(new Option("--provider <name>", meaning("provider")).choices(PROVIDERS))
    .option("--tenant-prefix <path>", meaning("tenantPrefix"))
    .option("--cdn-url <url>", meaning("cdnUrl"))
    .option("--force-path-style", meaning("forcePathStyle"))
    .option("--no-force-path-style", "Ask for bucket.endpoint/key.")
    .option("--feature <feature>", "images, media or files; can be repeated (default: all)", addFeature)
    .option("--json", "print the result as JSON")
    .option("--verbose", "print every request to stderr");
}

function addFeature(value: string, before: readonly Feature[] = []): readonly Feature[] {
  const feature = FEATURES.find((name) => name === value);
  if (!feature) throw new InvalidArgumentError(`It is one of ${FEATURES.join(", ")}.`);
  return before.includes(feature) ? before : [...before, feature];
}

/** The part of the flags that goes into the storage block. */
export function blockOf(flags: SettingsFlags): BlockFlags {
  return Object.fromEntries(BLOCK_FLAGS.flatMap((key) => (flags[key] === undefined ? [] : [[key, flags[key]]])));
}

/** `tenantPrefix` as it stands on the command line. */
export const flagName = (key: string): string => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** A whole number in a range, for commander. */
export function wholeNumber(from: number, to: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < from || number > to) {
      throw new InvalidArgumentError(`It is a whole number from ${from} to ${to}.`);
    }
    return number;
  };
}
