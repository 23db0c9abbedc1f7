import { mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Of Ghost's content folder, what it does not make itself. */
const CONTENT_FOLDERS = ["adapters", "data", "files", "images", "logs", "media", "public", "settings", "themes"];

/** Where things lie below the folder of a replica. */
export function replicaPaths(directory: string) {
  return {
    content: join(directory, "content"),
    themes: join(directory, "content/themes"),
    config: join(directory, "config.production.json"),
    temporary: join(directory, "tmp"),
    log: join(directory, "ghost.log"),
    pid: join(directory, "pid"),
  };
}

/** A folder as Ghost's own command line lays it out: `current`, the configuration and an empty content folder. */
export async function makeFolder(directory: string, installation: string, config: object): Promise<void> {
  const paths = replicaPaths(directory);
  await mkdir(paths.temporary, { recursive: true });
  await placeGhost(directory, installation);
  await writeFile(paths.config, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  await emptyContent(directory, installation);
}

/** The content folder of a process that was started on a new machine. */
export async function emptyContent(directory: string, installation: string): Promise<void> {
  const { content, themes } = replicaPaths(directory);
  await rm(content, { recursive: true, force: true });
  for (const folder of CONTENT_FOLDERS) await mkdir(join(content, folder), { recursive: true });
  const shipped = join(installation, "content/themes");
  for (const theme of await readdir(shipped)) await symlink(join(shipped, theme), join(themes, theme), "junction");
}

/** Leads `current` to a Ghost. */
export async function placeGhost(directory: string, installation: string): Promise<void> {
  const current = join(directory, "current");
  await rm(current, { force: true });
  await symlink(installation, current, "junction");
}
