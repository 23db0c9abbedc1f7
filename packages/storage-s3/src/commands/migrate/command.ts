import { Command, Option } from "commander";
import type { ResolvedOptions } from "../../options/options.ts";
import { loadSharp } from "../../preparation/sharp.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import type { Io } from "../io.ts";
import { painter } from "../paint.ts";
import { parallel } from "../parallel.ts";
import { Progress } from "../progress.ts";
import { addSettingsFlags, wholeNumber, type SettingsFlags } from "../settings/flags.ts";
import { resolveSettings, type Settings } from "../settings/settings.ts";
import type { Feature } from "../settings/storage-block.ts";
import { UsageError } from "../usage-error.ts";
import { copy, type CopySettings } from "./copy.ts";
import { takeInventory, type Inventory } from "./inventory.ts";
import { nextSteps } from "./next-steps.ts";
import { openTree, type SourceFlags } from "./open-tree.ts";
import { printSummary } from "./report.ts";
import type { SourceFile, SourceTree } from "./source-file.ts";
import { Summary } from "./summary.ts";
import { Target } from "./target.ts";

interface MigrateFlags extends SettingsFlags, SourceFlags, CopySettings {
  readonly concurrency: number;
  readonly withSizes?: boolean;
}

const CONCURRENCY = 8;
const MAX_CONCURRENCY = 128;

/** Failures of the store in a row, for each file at a time, after which the rest is not tried. */
const GIVE_UP_AFTER = 3;

export function migrateCommand(io: Io, ending: (code: ExitCode) => void): Command {
  const command = new Command("migrate")
    .description("Copies a content folder, or another bucket, to where the configuration says.")
    .argument("<source>", "Ghost's content folder, or s3://bucket/prefix")
    .option("--dry-run", "say what would be copied, and change nothing", false)
    .option("--overwrite", "replace objects that hold something else", false)
    .option("--with-sizes", "copy image sizes as well")
    .option("--concurrency <number>", "files at a time", wholeNumber(1, MAX_CONCURRENCY), CONCURRENCY)
    .addOption(
      new Option("--verify <how>", "checksum: compare size and checksum; full: read back all that was copied")
        .choices(["checksum", "full"])
        .default("checksum"),
    )
    .option("--source-endpoint <url>", "S3 API of the source, when it is not AWS")
    .option("--source-region <name>", "region of the source")
    .option("--source-profile <name>", "AWS profile with the credentials for the source")
    .addHelpText("after", EXAMPLES)
    .action(async (source: string, flags: MigrateFlags) => ending(await migrate(source, flags, io)));
  return addSettingsFlags(command);
}

const EXAMPLES = `
Killed at any moment and run again it copies only what is missing. Credentials for the source bucket:
SOURCE_AWS_ACCESS_KEY_ID, SOURCE_AWS_SECRET_ACCESS_KEY (and SOURCE_AWS_SESSION_TOKEN), or the AWS chain.

Examples:
  storage-s3 migrate /var/lib/ghost/content --dry-run
  storage-s3 migrate /var/lib/ghost/content --bucket blog --region eu-central-1
  storage-s3 migrate s3://old-bucket/blog --source-endpoint https://fra1.digitaloceanspaces.com
  storage-s3 migrate ./pictures --feature images --verify full`;

async function migrate(source: string, flags: MigrateFlags, io: Io): Promise<ExitCode> {
  const settings = resolveSettings(flags, io);
  const features = settings.features.map(({ feature }) => feature);
  const options = settings.features.map((feature) => feature.options);
  for (const { feature, adapter } of settings.local) {
    io.stderr.write(`Left out: ${feature}, which Ghost keeps on its own disk (${adapter ?? "no adapter"}).\n`);
  }
  requireSharp(options);
  const tree = await openTree(source, flags, features, options, io);
  try {
    const targets = await lookAtTargets(settings, io);
    const inventory = await scan(tree, features, Boolean(flags.withSizes), io);
    const summary = await copyAll(inventory, targets, flags, io);
    const stopped = io.signal.aborted;
    if (flags.json) printJson(summary, tree, settings, flags.dryRun, io);
    else print(summary, tree, settings, flags.dryRun, io);
    return summary.isComplete && !stopped ? EXIT.ok : EXIT.problems;
  } finally {
    await tree.close();
  }
}

/** Ghost brings it along; here sizes would be left out without anybody noticing. */
function requireSharp(targets: readonly ResolvedOptions[]): void {
  if (targets.every(({ variants }) => !variants) || loadSharp()) return;
  throw new UsageError(
    "The configuration asks for image sizes (variants), but sharp, which makes them, is not installed here. Nothing was copied.",
    "Run this in Ghost's folder, which has it, or install it: npm install sharp",
  );
}

type Targets = ReadonlyMap<Feature, Target>;

async function lookAtTargets({ features }: Settings, { stderr }: Io): Promise<Targets> {
  const progress = new Progress(stderr, "objects in the bucket:");
  try {
    const targets = new Map(features.map(({ feature, options }) => [feature, new Target(options)]));
    for (const target of targets.values()) await target.look(() => progress.add(1));
    return targets;
  } finally {
    progress.end();
  }
}

async function scan(tree: SourceTree, features: readonly Feature[], withSizes: boolean, io: Io): Promise<Inventory> {
  const progress = new Progress(io.stderr, `files in ${tree.name}:`);
  try {
    return await takeInventory(tree, features, withSizes, progress, io.signal);
  } finally {
    progress.end();
  }
}

async function copyAll(inventory: Inventory, targets: Targets, flags: MigrateFlags, io: Io): Promise<Summary> {
  const { files } = inventory;
  const summary = new Summary(inventory);
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const progress = new Progress(io.stderr, flags.dryRun ? "comparing" : "copying", { files: files.length, bytes });
  const hopeless = new AbortController();
  let inARow = 0;
  const copyOne = async (file: SourceFile): Promise<void> => {
    try {
      const outcome = await copy(file, targets.get(file.feature) as Target, flags);
      summary.add(file, outcome);
      inARow = 0;
      progress.add(1, file.size, outcome.status === "copied" ? file.size : 0);
    } catch (error) {
      // One file must not keep thousands from being copied.
      summary.fail(file, error);
      inARow = isOfStore(error) ? inARow + 1 : 0;
      if (inARow >= flags.concurrency * GIVE_UP_AFTER) hopeless.abort();
      progress.add(1, file.size);
    }
  };
  try {
    await parallel(files, flags.concurrency, AbortSignal.any([io.signal, hopeless.signal]), copyOne);
  } finally {
    progress.end();
  }
  summary.gaveUp = hopeless.signal.aborted;
  return summary;
}

/** A store that is down, or refuses everything, refuses the next file as well. */
const isOfStore = (error: unknown): boolean => String((error as NodeJS.ErrnoException).code).startsWith("S3_");

function print(summary: Summary, tree: SourceTree, settings: Settings, dryRun: boolean, io: Io): void {
  const paint = painter(io.stdout, io.env);
  const [{ options }] = settings.features;
  io.stdout.write(`${paint("bold", `${tree.name} → s3://${options.bucket}/${options.tenantPrefix}`)}\n`);
  printSummary(summary, dryRun, io.stdout, paint);
  if (io.signal.aborted) io.stdout.write("\nStopped. Run it again: it goes on with what is missing.\n");
  else if (summary.gaveUp) io.stdout.write("\nGiven up: the store failed for one file after the other.\n");
  else if (dryRun) io.stdout.write("\nNothing was changed. Without --dry-run it is copied.\n");
  else if (summary.isComplete) io.stdout.write(`\nNext:\n${nextSteps(settings, tree.name)}\n`);
  else io.stdout.write("\nNot everything is in the bucket. Run it again when the causes are mended.\n");
}

function printJson(summary: Summary, tree: SourceTree, settings: Settings, dryRun: boolean, io: Io): void {
  const { copied, replaced, present, skipped, conflicts, failed, warnings, total } = summary;
  const result = {
    source: tree.name,
    bucket: settings.features[0].options.bucket,
    features: settings.features.map(({ feature }) => feature),
    dryRun,
    stopped: io.signal.aborted,
    gaveUp: summary.gaveUp,
    total,
    copied,
    replaced,
    present,
    skipped,
    conflicts,
    failed,
    warnings,
  };
  io.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
}
