import { Command, CommanderError } from "commander";
import { logTo } from "../observation/log.ts";
import { doctorCommand } from "./doctor/command.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { gcCommand } from "./gc/command.ts";
import type { Io } from "./io.ts";
import { migrateCommand } from "./migrate/command.ts";
import { painter } from "./paint.ts";
import { UsageError } from "./usage-error.ts";

/**
 * The command line of the package.
 * @param argv without the names of node and of the program
 */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const ending = (code: ExitCode): void => {
    exitCode = code;
  };
  const program = new Command("storage-s3")
    .description("Examines, fills and tidies up the bucket of a Ghost blog.")
    .addCommand(doctorCommand(io, ending))
    .addCommand(migrateCommand(io, ending))
    .addCommand(gcCommand(io, ending))
    .addHelpText("after", "\nExit codes: 0 all is well, 1 problems were found, 2 the command was not understood.");
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .showHelpAfterError(`See "storage-s3 ${command === program ? "" : `${command.name()} `}--help".`)
      .configureOutput({
        writeOut: (text) => io.stdout.write(text),
        writeErr: (text) => io.stderr.write(text),
        getOutHasColors: () => false,
        getErrHasColors: () => false,
      });
  }
  // The store's own lines are for Ghost's log; here a command says what happened.
  const verbose = argv.includes("--verbose");
  logTo((_level, line) => {
    if (verbose) io.stderr.write(`${line}\n`);
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    return explain(error, io);
  }
}

function explain(error: unknown, { stderr, env }: Io): ExitCode {
  // Commander has written its own message.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const paint = painter(stderr, env);
  const { message, help, context } = error as Error & { help?: string; context?: string };
  stderr.write(`${paint("red", "Error:")} ${message}\n`);
  if (context) stderr.write(`${paint("dim", context)}\n`);
  if (help) stderr.write(`${help}\n`);
  return error instanceof UsageError ? EXIT.usage : EXIT.problems;
}
