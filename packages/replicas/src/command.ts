import { Command, CommanderError, InvalidArgumentError } from "commander";
import { checkBlog, type CheckOptions } from "./check-command.ts";
import { EXIT, Failure, reasonOf, type ExitCode } from "./failure.ts";
import { findGhost, type Ghost } from "./ghost/ghost.ts";
import { explain, type Undecided } from "./newsletters/undecided.ts";
import { startReplica } from "./replica.ts";
import { findUndecided } from "./undecided-command.ts";

/** What the command knows of the world. */
export interface Io {
  readonly cwd: string;
  write(text: string): void;
  complain(text: string): void;
}

const HELP = `
Run it in the folder that "node index.js" was run in. It reads Ghost's own configuration, and the block
"replicas" in it: in config.production.json, or as variables such as replicas__bucket.

Examples:
  ghost-replica                                    a replica of the Ghost in this folder
  replicas__bucket=my-blog-private ghost-replica   with the bucket from the environment
  ghost-replica --ghost /var/www/ghost             a Ghost in another folder
  ghost-replica undecided                          newsletter batches whose sender was lost
  ghost-replica check --pods blog-pods             whether a running blog works, on every replica
  curl localhost:9417/readyz                       whether it takes requests, and if not, why

Exit codes: 0 it was asked to end, 1 or 2 Ghost failed or something is undecided, 64 a mistake in the configuration, 69 the database or
the company is not as it must be, 70 this is not the Ghost that was tested, 75 try again later.
`;

/** A change that has not come within ten minutes does not come. */
const LONGEST_S = 600;

const CHECK_HELP = `
It runs beside the blog, with the same configuration, and needs no account: it makes a staff user of its own in the
database, logs in, uploads a picture, publishes a page with it, reads both, changes the site's title for a moment, and
removes all of it again, whatever happens. What a check that was killed could not remove is removed by the next one.
One check runs at a time; another one waits for it.

Examples:
  ghost-replica check                                      the site at its own address
  ghost-replica check --pods blog-pods                     each pod behind a headless Service, port 2368
  ghost-replica check --pods 10.0.0.1:2368,10.0.0.2:2368   replicas one by one
  ghost-replica check --pods blog-pods --json              for a program

Exit codes: 0 all steps passed, 1 one failed, 64 a mistake in the command line or the configuration, 69 the database is
not as it must be, 75 try again later.
`;

/**
 * The command line of the package.
 * @param argv without the names of node and of the program
 * @returns the exit code; undefined while a replica runs
 */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode | undefined> {
  let exitCode: ExitCode | undefined = EXIT.ok;
  const program = new Command("ghost-replica")
    .description("Runs Ghost as one of many processes that share a MySQL database and behave as one.")
    .option("--ghost <dir>", "folder of the Ghost, or of its Ghost-CLI installation", io.cwd)
    .addHelpText("after", HELP)
    .action(async ({ ghost }: GhostOption) => {
      await startReplica(enter(ghost));
      exitCode = undefined;
    });
  program
    .command("undecided")
    .description("Lists newsletter batches whose sender was lost before it noted the provider's answer.")
    .option("--json", "as JSON")
    .action(async ({ json }: { json?: boolean }) => {
      const found = await findUndecided(enter(program.opts<GhostOption>().ghost));
      io.write(json ? `${JSON.stringify(found, null, 2)}\n` : textOf(found));
      exitCode = found.length === 0 ? EXIT.ok : EXIT.failed;
    });
  program
    .command("check")
    .description("Proves that a running blog works, from a login to a page that every replica shows.")
    .option("--pods <hosts>", "all replicas: hosts with or without a port, separated by commas; a host may be many")
    .option("--within <seconds>", "time that a change may take to reach every replica", seconds, 5)
    .option("--json", "as JSON")
    .addHelpText("after", CHECK_HELP)
    .action(async (options: CheckOptions) => {
      exitCode = await checkBlog(enter(program.opts<GhostOption>().ghost), options, io);
    });
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .configureOutput({ writeOut: (text) => io.write(text), writeErr: (text) => io.complain(text) });
  }
  try {
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    return report(error, io);
  }
}

interface GhostOption {
  readonly ghost: string;
}

/** Ghost looks for its configuration in the folder that it is run in. */
function enter(folder: string): Ghost {
  const ghost = findGhost(folder);
  process.chdir(folder);
  return ghost;
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value > 0 && value <= LONGEST_S) return value;
  throw new InvalidArgumentError(`Expected seconds, more than 0 and up to ${LONGEST_S}.`);
}

function textOf(found: readonly Undecided[]): string {
  return found.length === 0
    ? "No newsletter has batches in doubt.\n"
    : found.map((one) => `${explain(one)}.\n`).join("\n");
}

function report(error: unknown, io: Io): ExitCode {
  // commander has written its own message
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof Failure) {
    io.complain(`${error.message}\n${error.effect}\n${error.next}\n`);
    return error.exitCode;
  }
  io.complain(`Ghost could not be started: ${error instanceof Error ? error.stack : reasonOf(error)}\n`);
  return EXIT.failed;
}
