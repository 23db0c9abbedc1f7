import { run } from "./command.ts";
import { processIo } from "./commands/io.ts";
import { EXIT } from "./failure.ts";

/** The first signal ends the work in order: what was begun in the bucket is removed. The second one ends it at once. */
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(EXIT.interrupted);
    stop.abort();
  });
}

// a reader such as `head` may go before the end
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(EXIT.ok);
});

async function main(): Promise<void> {
  const exitCode = await run(process.argv.slice(2), processIo(stop.signal));
  process.exitCode = exitCode;
  // connections that are kept alive must not hold the process; output that is still on its way may
  process.stdout.write("", () => process.exit(exitCode));
}

// not awaited: the bundle is CommonJS
void main();
