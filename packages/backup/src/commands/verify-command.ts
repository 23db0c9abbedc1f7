import { Command } from "commander";
import { EXIT, type ExitCode } from "../failure.ts";
import { verifyBackup } from "../verify-backup.ts";
import { count } from "./amounts.ts";
import type { Io } from "./io.ts";
import { painter } from "./paint.ts";
import { openSession, type CommonFlags } from "./session.ts";
import { NO_THAW_WAIT, THAW_DAYS, thawing, THAW_TEXT, TIER, type ThawFlags } from "./thaw-flags.ts";

interface VerifyFlags extends CommonFlags, ThawFlags {
  readonly server?: string;
  readonly database?: string;
  readonly identity?: string;
}

const EXAMPLES = `
The backup is read from the bucket, loaded into an empty MySQL and compared with its manifest, as on the night when it
was made; the objects that it lists are looked for in the mirror. Nothing in the bucket changes.
${THAW_TEXT}
Examples:
  backup verify latest --database ghost
  backup verify blog/ghost/20261125T010000Z --identity /run/secrets/age-key`;

export function verifyCommand(io: Io, ending: (code: ExitCode) => void): Command {
  return new Command("verify")
    .description("Proves a backup again: a drill.")
    .argument("<name>", 'its name, as `backup list` shows it, or "latest"')
    .option("--config <file>", "configuration as JSON, beside the variables")
    .option("--server <name>", "of latest: of this server")
    .option("--database <name>", "of latest: of this database")
    .option("--identity <file>", "secret key of age")
    .addOption(TIER)
    .addOption(THAW_DAYS)
    .addOption(NO_THAW_WAIT)
    .option("--json", "print the result as JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (name: string, flags: VerifyFlags) => ending(await verify(name, flags, io)));
}

async function verify(wanted: string, flags: VerifyFlags, io: Io): Promise<ExitCode> {
  const session = openSession(flags, io);
  const { options, store, catalogue, log } = session;
  const name = await catalogue.find(wanted, undefined, flags.server, flags.database);
  const manifest = await catalogue.read(name);
  const withKey = flags.identity ? { ...options, identityFile: flags.identity } : options;
  const { signal } = io;
  const seconds = await verifyBackup({
    options: withKey,
    manifest,
    store,
    ...thawing(flags, session, io),
    log,
    signal,
  });
  const paint = painter(io.stdout, io.env);
  const objects = manifest.content.map((one) => `, ${count(one.objects, "object")} of ${one.bucket}`).join("");
  io.stdout.write(
    flags.json
      ? `${JSON.stringify({ name, verified: true, seconds }, null, 2)}\n`
      : `${paint("green", "verified")} ${name}  ${manifest.tables.length} tables${objects}, ${seconds} s\n`,
  );
  return EXIT.ok;
}
