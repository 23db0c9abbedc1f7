import { Command, CommanderError } from "commander";
import { binlogCommand } from "./commands/binlog-command.ts";
import { bucketCommand } from "./commands/bucket-command.ts";
import type { Io } from "./commands/io.ts";
import { listCommand } from "./commands/list-command.ts";
import { painter } from "./commands/paint.ts";
import { restoreCommand } from "./commands/restore-command.ts";
import { runCommand } from "./commands/run-command.ts";
import { verifyCommand } from "./commands/verify-command.ts";
import { EXIT, Failure, interrupted, reasonOf, type ExitCode } from "./failure.ts";
import { jsonLog } from "./log.ts";
import { VERSION } from "./version.ts";

const CODES = `
Exit codes: 0 all is well, 1 it failed, 64 a mistake in the configuration or the command line, 65 data are not what
they should be, 69 MySQL or the bucket is not there, 75 another run is busy or an archived dump is on its way, 77 rights are missing,
143 it was stopped.`;

/**
 * The command line of the package.
 * @param argv without the names of node and of the program
 */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const ending = (code: ExitCode): void => {
    exitCode = code;
  };
  const program = new Command("backup")
    .description("Backs up MySQL databases to S3, proves each backup, and restores it.")
    .version(VERSION)
    .addCommand(runCommand(io, ending))
    .addCommand(listCommand(io, ending))
    .addCommand(verifyCommand(io, ending))
    .addCommand(restoreCommand(io, ending))
    .addCommand(binlogCommand(io, ending))
    .addCommand(bucketCommand(io, ending))
    .addHelpText("after", CODES);
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .showHelpAfterError(`See "backup ${command === program ? "" : `${command.name()} `}--help".`)
      .configureOutput({
        writeOut: (text) => io.stdout.write(text),
        writeErr: (text) => io.stderr.write(text),
        getOutHasColors: () => false,
        getErrHasColors: () => false,
      });
  }
  try {
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    return explain(io.signal.aborted && !(error instanceof Failure) ? interrupted() : error, io);
  }
}

function explain(error: unknown, { stderr, env }: Io): ExitCode {
  // commander has written its own message
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const failure = error instanceof Failure ? error : undefined;
  const exitCode = failure?.exitCode ?? EXIT.failed;
  if (!stderr.isTTY) {
    const told = failure && { effect: failure.effect, next: failure.next };
    jsonLog((line) => stderr.write(line)).error("it failed", error, { ...told, exitCode });
    return exitCode;
  }
  const paint = painter(stderr, env);
  stderr.write(`${paint("red", "Error:")} ${reasonOf(error)}\n`);
  if (failure) stderr.write(`${failure.effect}\n${failure.next}\n`);
  return exitCode;
}
