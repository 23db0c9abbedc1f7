import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { count, formatBytes } from "../amounts.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import type { Io } from "../io.ts";
import { painter } from "../paint.ts";
import { Progress } from "../progress.ts";
import { addSettingsFlags, wholeNumber, type SettingsFlags } from "../settings/flags.ts";
import { resolveSettings } from "../settings/settings.ts";
import { UsageError } from "../usage-error.ts";
import { blogSource } from "./blog-source.ts";
import { FolderSource } from "./file-sources.ts";
import { KeepList } from "./keep.ts";
import { References } from "./references.ts";
import { remove, type Removal } from "./removal.ts";
import { bytesOf, printFindings, toJson, type Findings } from "./report.ts";
import { listObjects, type StoredObject } from "./stored-object.ts";
import type { TextSource } from "./text-source.ts";
import { judge } from "./verdict.ts";

interface GcFlags extends SettingsFlags {
  readonly delete?: boolean;
  readonly yes?: boolean;
  readonly export?: string;
  readonly scanDir: readonly string[];
  readonly keep: readonly string[];
  readonly minAge: number;
  readonly maxPercent: number;
}

const DAY_MS = 86_400_000;
const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: DAY_MS };
const MIN_AGE_DAYS = 30;
const MAX_PERCENT = 50;

export function gcCommand(io: Io, ending: (code: ExitCode) => void): Command {
  const command = new Command("gc")
    .description("Finds objects that no content names; deletes nothing unless told to.")
    .option("--dry-run", "only list them (the default)")
    .addOption(new Option("--delete", "delete them").conflicts("dryRun"))
    .option("--yes", "delete without asking")
    .option("--export <file>", "look into an export of the blog instead of its database")
    .option("--scan-dir <folder>", "also look into a theme, redirects, routes…; can be repeated", collect, [])
    .option("--keep <pattern>", "keep these, as in content/files/2026/**; can be repeated", collect, [])
    .addOption(
      new Option("--min-age <age>", "keep what is younger, as in 30d or 12h")
        .argParser(parseAge)
        .default(MIN_AGE_DAYS * DAY_MS, `${MIN_AGE_DAYS}d`),
    )
    .option("--max-percent <number>", "refuse to delete more of all objects", wholeNumber(0, 100), MAX_PERCENT)
    .addHelpText("after", EXAMPLES)
    .action(async (flags: GcFlags) => ending(await gc(flags, io)));
  return addSettingsFlags(command);
}

const EXAMPLES = `
Looks through every text of every table for the paths of uploads. What is named stays with all its sizes, its
original and its thumbnail; so does everything young and everything outside of the folders that Ghost makes.

Examples:
  storage-s3 gc
  storage-s3 gc --scan-dir content/themes/mine --keep 'content/files/2024/**'
  storage-s3 gc --export my-blog.ghost.json --json > orphans.json
  storage-s3 gc --delete --min-age 90d`;

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

function parseAge(text: string): number {
  const [, number, unit] = /^(\d+)([dhm])$/.exec(text) ?? [];
  const factor = UNITS[unit ?? ""];
  if (!number || !factor) throw new InvalidArgumentError("It is a number with d, h or m, as in 30d.");
  return Number(number) * factor;
}

async function gc(flags: GcFlags, io: Io): Promise<ExitCode> {
  if (flags.delete && !flags.yes && !io.ask) {
    throw new UsageError(
      "Nobody is there to confirm the deletion. Nothing was deleted.",
      "Add --yes, or leave --delete.",
    );
  }
  const settings = resolveSettings(flags, io);
  const blog = blogSource(settings.config, flags.export, io.cwd);
  const sources = [blog, ...flags.scanDir.map((folder) => new FolderSource(resolve(io.cwd, folder)))];
  const objects = await gather(listObjects(settings.features), io);
  const prefixes = settings.features.map(({ options }) => options.staticFileURLPrefix);
  if (flags.scanDir.length === 0) {
    io.stderr.write("Themes, routes and redirects are not looked into: add --scan-dir if they name uploads.\n");
  }
  const references = new References(new Set(objects.map(({ family }) => family)), prefixes);
  for (const source of sources) await look(source, references, io, objects.length);
  const verdict = judge(objects, {
    named: references.named,
    keep: new KeepList(flags.keep),
    olderThan: new Date(Date.now() - flags.minAge),
  });
  const findings = { objects, verdict, sources: sources.map(({ name }) => name) };
  if (!flags.json) printFindings(findings, io.stdout, painter(io.stdout, io.env));
  const refusal = refuse(findings, flags.maxPercent);
  if (refusal && flags.delete) throw new Error(refusal);
  if (refusal) io.stderr.write(`\n${refusal}\n`);
  const removal = flags.delete ? await removeOrphans(findings, flags, io) : undefined;
  if (flags.json) io.stdout.write(`${JSON.stringify(toJson(findings, removal), null, 2)}\n`);
  else io.stdout.write(`\n${conclusion(findings, removal)}\n`);
  return (removal?.failed.length ?? 0) > 0 || io.signal.aborted ? EXIT.problems : EXIT.ok;
}

async function gather(objects: AsyncIterable<StoredObject>, { stderr, signal }: Io): Promise<StoredObject[]> {
  const all: StoredObject[] = [];
  const progress = new Progress(stderr, "objects in the bucket:");
  try {
    for await (const object of objects) {
      signal.throwIfAborted();
      all.push(object);
      progress.add(1);
    }
    return all;
  } finally {
    progress.end();
  }
}

/** @throws when the blog does not name a single object: it is the wrong blog, or the wrong bucket */
async function look(
  source: TextSource,
  references: References,
  { stderr, signal }: Io,
  objects: number,
): Promise<void> {
  const progress = new Progress(stderr, `texts of the ${source.name}:`);
  try {
    await source.scan(references, (texts) => {
      signal.throwIfAborted();
      progress.add(texts);
    });
  } finally {
    progress.end();
  }
  if (source.isBlog && objects > 0 && references.named.size === 0) {
    throw new Error(
      `The ${source.name} names none of the ${count(objects, "object")} of the bucket (it speaks of uploads ${count(references.mentions, "time")}). It seems to be another blog's, or the bucket is. Nothing was deleted.`,
    );
  }
}

/** @returns why nothing may be deleted */
function refuse({ objects, verdict }: Findings, maxPercent: number): string | undefined {
  const percent = (verdict.orphans.length / Math.max(1, objects.length)) * 100;
  if (percent <= maxPercent) return undefined;
  return `${verdict.orphans.length} of ${count(objects.length, "object")} (${Math.round(percent)} %) are more than --max-percent ${maxPercent} allows to delete: the database may be the wrong one. Nothing was deleted.`;
}

/** @returns undefined when the user did not confirm it */
async function removeOrphans({ verdict: { orphans } }: Findings, flags: GcFlags, io: Io): Promise<Removal | undefined> {
  if (orphans.length === 0) return { deleted: [], failed: [] };
  if (!flags.yes) {
    const question = `Delete ${count(orphans.length, "object")} (${formatBytes(bytesOf(orphans))}) for good? Type "yes": `;
    if ((await io.ask?.(question))?.trim() !== "yes") return undefined;
  }
  const progress = new Progress(io.stderr, "deleting", { files: orphans.length, bytes: 0 });
  try {
    return await remove(orphans, io.signal, (objects) => progress.add(objects));
  } finally {
    progress.end();
  }
}

function conclusion({ verdict: { orphans } }: Findings, removal: Removal | undefined): string {
  if (orphans.length === 0) return "Every object has its reason.";
  if (!removal) return "Nothing was deleted. With --delete, and your yes, these objects are deleted.";
  const { deleted, failed } = removal;
  const lines = [`${count(deleted.length, "object")} deleted, ${formatBytes(bytesOf(deleted))}.`];
  for (const { key, reason } of failed) lines.push(`Not deleted: ${key}: ${reason}`);
  return lines.join("\n");
}
