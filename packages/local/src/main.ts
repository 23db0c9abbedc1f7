import { performance } from "node:perf_hooks";
import { run } from "./command.ts";

/** A terminal sends Ctrl-C to every program in the line, and each passes it on: this soon it is the same one. */
const SAME_MS = 1000;

/** An ordered end that takes longer than this is stuck. */
const PATIENCE_MS = 20_000;

const end = new AbortController();
let first = 0;

function asked(): void {
  const now = performance.now();
  if (end.signal.aborted) {
    // a second one, meant: Ghost notices by itself that this program is gone
    if (now - first > SAME_MS) process.exit(130);
    return;
  }
  first = now;
  setTimeout(() => process.exit(130), PATIENCE_MS).unref();
  end.abort();
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, asked);
// the program that started this one is gone
process.on("disconnect", asked);
process.channel?.unref();

process.exitCode = await run(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  signal: end.signal,
});
process.exit();
