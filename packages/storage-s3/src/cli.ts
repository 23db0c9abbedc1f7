import { processIo } from "./commands/io.ts";
import { run } from "./commands/run.ts";

const INTERRUPTED = 130;

/** The first Ctrl-C ends the work in order, the second one at once. */
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(INTERRUPTED);
    process.stderr.write("\nStopping when what is under way has ended; once more to stop at once.\n");
    stop.abort();
  });
}

// A reader such as `head` may go before the end.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

async function main(): Promise<void> {
  const exitCode = await run(process.argv.slice(2), processIo(stop.signal));
  process.exitCode = exitCode;
  // Connections that are kept alive must not hold the process; output that is still on its way may.
  process.stdout.write("", () => process.exit(exitCode));
}

void main();
