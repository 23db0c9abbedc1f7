import { InvalidArgumentError, type Command } from "commander";
import type { CommonFlags } from "./session.ts";
import { NO_THAW_WAIT, THAW_DAYS, THAW_TEXT, TIER, type ThawFlags } from "./thaw-flags.ts";

export interface RestoreFlags extends CommonFlags, ThawFlags {
  readonly at?: Date | "now";
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
With --at, a backup is brought to the moment in a scratch server, with the binary log that \`backup binlog\` archived: what
was committed by then is in it, and nothing else. Where the log does not go so far, nothing is changed.
${THAW_TEXT}
Examples:
  backup restore latest
  backup restore latest --database ghost --into ghost_copy
  backup restore --at 2026-11-24T12:00:00Z --database ghost --replace
  backup restore --at now --into ghost_copy
  backup restore blog/ghost/20261125T010000Z --identity /run/secrets/age-key
  backup restore latest --replace --wait 600
  backup restore latest --content --content-into my-uploads=my-new-uploads
  backup restore latest --content-only`;

/** Gives a command the flags of a restore. */
export function withRestoreFlags(command: Command): Command {
  return command
    .option("--at <time>", 'a moment, as in 2026-11-24T12:00:00Z, or "now": a backup and its binary log', parseTime)
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
    .addHelpText("after", EXAMPLES);
}

function parseTime(text: string): Date | "now" {
  if (text === "now") return text;
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
