import { Command } from "commander";
import { archiveServers } from "../binlog/archive-servers.ts";
import type { ExitCode } from "../failure.ts";
import type { Io } from "./io.ts";
import { openSession, type CommonFlags } from "./session.ts";

interface BinlogFlags extends CommonFlags {
  readonly once?: true;
}

const EXAMPLES = `
Fetches what is new in each server's binary log every binlogInterval (20 s) and stores it in the bucket, so that
\`backup restore --at TIME\` can go on from a backup to any moment. Runs until it is stopped, and then stores what is new
once more. Where it goes on is what the bucket says: it may be killed, and started on another host. A part of the log that
the server removed before it was stored is a gap: an error, a metric, and exit code 65 at the end.

Examples:
  backup binlog
  BACKUP_BINLOG_INTERVAL=5000 backup binlog
  backup binlog --once --config /etc/backup/config.json`;

export function binlogCommand(io: Io, ending: (code: ExitCode) => void): Command {
  return new Command("binlog")
    .description("Archives binary logs, for a restore to any moment.")
    .option("--config <file>", "configuration as JSON, beside the variables")
    .option("--once", "archive what there is now, and leave")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: BinlogFlags) => ending(await binlog(flags, io)));
}

async function binlog(flags: BinlogFlags, io: Io): Promise<ExitCode> {
  const { options, store, log } = openSession(flags, io);
  return archiveServers({ options, store, log, once: flags.once ?? false, signal: io.signal });
}
