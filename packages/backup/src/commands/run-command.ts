import { Command } from "commander";
import { EXIT, type ExitCode } from "../failure.ts";
import { backUpAll } from "../night.ts";
import { count, formatBytes } from "./amounts.ts";
import type { Io } from "./io.ts";
import { painter } from "./paint.ts";
import { openSession, type CommonFlags } from "./session.ts";

const EXAMPLES = `
Each database is dumped into the bucket, read back from there, loaded into an empty MySQL and compared; only then it
gets its manifest, and only with a manifest it is a backup.

Examples:
  MYSQL_HOST=mysql MYSQL_USER=backup MYSQL_PASSWORD_FILE=/run/secrets/mysql BACKUP_BUCKET=my-blog-backups backup run
  backup run --config /etc/backup/config.json
  backup run --json | jq .backups[].name`;

export function runCommand(io: Io, ending: (code: ExitCode) => void): Command {
  return new Command("run")
    .description("Backs up every database, and proves each backup.")
    .option("--config <file>", "configuration as JSON, beside the variables")
    .option("--json", "print what was done as JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: CommonFlags) => ending(await run(flags, io)));
}

async function run(flags: CommonFlags, io: Io): Promise<ExitCode> {
  const { options, store, log, progress } = openSession(flags, io);
  const shown = progress("dump");
  const onBytes = (database: string, bytes: number): void => shown.add(bytes, `dump of ${database}`);
  const report = await backUpAll({ options, store, log, onBytes, signal: io.signal }).finally(() => shown.end());
  if (flags.json) {
    io.stdout.write(`${JSON.stringify({ backups: report.backups, databases: report.notices }, null, 2)}\n`);
    return report.exitCode;
  }
  const paint = painter(io.stdout, io.env);
  for (const { name, dump, object, content, timings } of report.backups) {
    const mirrored = content.map(({ bucket, objects, bytes }) => {
      return `, ${count(objects, "object")} of ${bucket} (${formatBytes(bytes)})`;
    });
    const stored = `${formatBytes(object.size)} in the bucket${mirrored.join("")}`;
    const figures = `${formatBytes(dump.bytes)}, ${stored}, ${timings.total} s`;
    io.stdout.write(`${paint("green", "verified")} ${name}  ${figures}\n`);
  }
  for (const { event, server, database, reason, next } of report.notices) {
    if (event !== "failure") continue;
    io.stdout.write(
      `${paint("red", "failed")}   ${server}/${database}  ${reason}${next ? `\n         ${next}` : ""}\n`,
    );
  }
  if (report.notices.length === 0) io.stdout.write("There is no database to back up.\n");
  return report.notices.length === 0 ? EXIT.unavailable : report.exitCode;
}
