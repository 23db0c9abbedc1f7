import { Command, InvalidArgumentError } from "commander";
import {
  examineContent,
  restoreContent,
  type ContentRestoration,
  type ContentRestored,
} from "../content/restoration.ts";
import { EXIT, Failure, type ExitCode } from "../failure.ts";
import { requireUnused } from "../mysql/sessions.ts";
import { Patience } from "../patience.ts";
import { restore, type Restored } from "../restore.ts";
import { identitiesFor } from "../verify-backup.ts";
import { count } from "./amounts.ts";
import type { Io } from "./io.ts";
import { painter } from "./paint.ts";
import type { Progress } from "./progress.ts";
import { openSession, serverNamed, type CommonFlags } from "./session.ts";
import { NO_THAW_WAIT, THAW_DAYS, thawing, THAW_TEXT, TIER, type ThawFlags } from "./thaw-flags.ts";

interface RestoreFlags extends CommonFlags, ThawFlags {
  readonly at?: Date;
  readonly server?: string;
  readonly database?: string;
  readonly from?: string;
  readonly into?: string;
  readonly replace?: true;
  readonly createDefiners?: true;
  readonly identity?: string;
  readonly wait?: number;
  readonly content?: true;
  readonly contentInto?: ReadonlyMap<string, string>;
  readonly contentOnly?: true;
}

const EXAMPLES = `
A database that holds anything is refused unless --replace is given; then a verified safety dump of it is made first.
After the last row the server is read back and compared with the manifest. With --content the blog's own objects come
back meanwhile: what is missing is copied, what differs only with --replace, and nothing is deleted.
${THAW_TEXT}
Examples:
  backup restore latest
  backup restore latest --database ghost --into ghost_copy
  backup restore --at 2026-11-24T12:00:00Z --database ghost --replace
  backup restore blog/ghost/20261125T010000Z --identity /run/secrets/age-key
  backup restore latest --replace --wait 600
  backup restore latest --content --content-into my-uploads=my-new-uploads
  backup restore latest --content-only`;

export function restoreCommand(io: Io, ending: (code: ExitCode) => void): Command {
  return new Command("restore")
    .description("Loads a backup into a MySQL server, and compares what it then holds.")
    .argument("[name]", 'its name, as `backup list` shows it, or "latest"')
    .option("--at <time>", "the newest backup of this time or before, as in 2026-11-24T12:00:00Z", parseTime)
    .option("--config <file>", "configuration as JSON, beside the variables")
    .option("--server <name>", "server that it is loaded into; of latest: also where it is from")
    .option("--from <name>", "of latest: server that it is from, when it is another one")
    .option("--database <name>", "of latest: of this database")
    .option("--into <name>", "name of the database that it becomes; the same as it was by default")
    .option("--replace", "replace a database that holds something, after a safety dump")
    .option("--create-definers", "make accounts that its views and triggers run as, locked, when the server lacks them")
    .option("--content", "also get the blog's own objects back, into the buckets that they are from")
    .option("--content-into <old=new>", "into another bucket; for each bucket once", parseBuckets)
    .option("--content-only", "get objects back, and leave the database alone")
    .option("--identity <file>", "secret key of age")
    .option(
      "--wait <seconds>",
      "wait so long for MySQL and the bucket, and for others to leave the database",
      parseSeconds,
    )
    .addOption(TIER)
    .addOption(THAW_DAYS)
    .addOption(NO_THAW_WAIT)
    .option("--json", "print the result as JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (name: string | undefined, flags: RestoreFlags) => ending(await run(name, flags, io)));
}

function parseTime(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError("It is a time, as in 2026-11-24T12:00:00Z.");
  return time;
}

function parseSeconds(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError("It is a number of seconds, as in 600.");
  return Number(text);
}

function parseBuckets(text: string, before?: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const [from, into, ...more] = text.split("=");
  if (!from || !into || more.length > 0) throw new InvalidArgumentError("It is two buckets, as in old=new.");
  return new Map([...(before ?? []), [from, into]]);
}

async function run(given: string | undefined, flags: RestoreFlags, io: Io): Promise<ExitCode> {
  const wanted = which(given, flags);
  const session = openSession(flags, io);
  const { options, store, catalogue, log } = session;
  const server = serverNamed(options, flags.server);
  const patience = flags.wait === undefined ? undefined : new Patience(flags.wait, log, io.signal);
  await patience?.until(() => catalogue.list(flags.from ?? server.name, flags.database));
  const name = await catalogue.find(wanted, flags.at, flags.from ?? server.name, flags.database);
  const manifest = await catalogue.read(name);
  const identities = identitiesFor(manifest, flags.identity ? { ...options, identityFile: flags.identity } : options);
  const content = contentOf(flags, { manifest, identities, store, log, signal: io.signal });
  if (flags.contentOnly && content) {
    await examineContent(content);
    const done = await restoreContent(content);
    io.stdout.write(
      flags.json
        ? `${JSON.stringify({ backup: name, content: done }, null, 2)}\n`
        : done.map((one) => lineOf(one, io)).join(""),
    );
    return EXIT.ok;
  }
  const into = flags.into ?? manifest.database.name;
  await patience?.until(() => requireUnused(server, into));
  let shown: Progress | undefined;
  const restored = await restore({
    options,
    manifest,
    server,
    into,
    replace: flags.replace ?? false,
    definers: flags.createDefiners ?? false,
    content,
    identities,
    thawing: thawing(flags, session, io),
    store,
    catalogue,
    log,
    onRows(bytes) {
      shown ??= session.progress(`loading ${manifest.name}`, manifest.dump.bytes);
      shown.add(bytes);
    },
    signal: io.signal,
  }).finally(() => shown?.end());
  io.stdout.write(flags.json ? `${JSON.stringify(restored, null, 2)}\n` : textOf(restored, io));
  return EXIT.ok;
}

type Ground = Omit<ContentRestoration, "into" | "replace">;

function contentOf(flags: RestoreFlags, ground: Ground): ContentRestoration | undefined {
  if (!flags.content && !flags.contentInto && !flags.contentOnly) return undefined;
  return { ...ground, into: flags.contentInto ?? new Map(), replace: flags.replace ?? false };
}

function which(given: string | undefined, { at }: RestoreFlags): string {
  if (at && (given === undefined || given === "latest")) return "latest";
  if (given !== undefined && !at) return given;
  throw new Failure(at ? "A name and --at were given." : "Neither a name nor --at was given.", {
    effect: "Nothing was changed.",
    next: 'Give one of them: a name, "latest", or --at TIME.',
    exitCode: EXIT.usage,
  });
}

function textOf({ backup, database, tables, rows, seconds, safety, content }: Restored, io: Io): string {
  const paint = painter(io.stdout, io.env);
  const kept = safety ? `\nWhat was there before is the backup ${safety}.` : "";
  return `${paint("green", "restored and verified")} ${backup} into ${database}  ${tables} tables, ${rows} rows, ${seconds} s${kept}\n${content.map((one) => lineOf(one, io)).join("")}`;
}

function lineOf({ bucket, into, copied, kept, replaced, different }: ContentRestored, io: Io): string {
  const paint = painter(io.stdout, io.env);
  const left = different > 0 ? `, ${different} differ and were left as they are (--replace)` : "";
  const what = `${count(copied, "object")} copied, ${kept} kept, ${replaced} replaced${left}`;
  return `${paint("green", "restored")} the content of ${bucket} into ${into}  ${what}\n`;
}
