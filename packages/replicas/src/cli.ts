import { run } from "./command.ts";

async function main(): Promise<void> {
  const exitCode = await run(process.argv.slice(2), {
    cwd: process.cwd(),
    write: (text) => process.stdout.write(text),
    complain: (text) => process.stderr.write(text),
  });
  // a replica runs on; whatever else was asked for has ended
  if (exitCode !== undefined) process.exit(exitCode);
}

// not awaited: the bundle is CommonJS, which Ghost's own modules are as well
void main();
