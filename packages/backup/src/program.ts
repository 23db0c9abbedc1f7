import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { noMysqldump } from "./mysql/mysqldump.ts";
import { VERSION } from "./version.ts";

const run = promisify(execFile);

export interface ProgramVersions {
  readonly program: string;
  readonly mysqldump: string;
}

/**
 * What writes a backup: the first thing to look at when one cannot be loaded any more.
 * @throws {Failure} when there is no mysqldump
 */
export async function programVersions(): Promise<ProgramVersions> {
  try {
    const { stdout } = await run("mysqldump", ["--version"], { timeout: 10_000 });
    return { program: VERSION, mysqldump: stdout.trim().replace(/^\S*mysqldump\s+Ver\s+/, "") };
  } catch (error) {
    throw noMysqldump(error);
  }
}
