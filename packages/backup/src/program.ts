import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { reasonOf } from "./failure.ts";
import { VERSION } from "./version.ts";

const run = promisify(execFile);

export interface ProgramVersions {
  readonly program: string;
  readonly mysqldump: string;
}

/** What wrote a backup: the first thing to look at when one cannot be loaded any more. */
export async function programVersions(): Promise<ProgramVersions> {
  try {
    const { stdout } = await run("mysqldump", ["--version"], { timeout: 10_000 });
    return { program: VERSION, mysqldump: stdout.trim().replace(/^\S*mysqldump\s+Ver\s+/, "") };
  } catch (error) {
    // the dump itself fails as well, and says what to do
    return { program: VERSION, mysqldump: `unknown: ${reasonOf(error).split("\n")[0]}` };
  }
}
