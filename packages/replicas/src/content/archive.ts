import { mkdir, readdir, utimes } from "node:fs/promises";
import { join, relative } from "node:path";
import { create, extract } from "tar";

/** Ghost refuses larger uploads by far; what is larger is no theme. */
const MOST_BYTES = 1024 ** 3;

/** The largest themes have some thousand files. */
const MOST_ENTRIES = 50_000;

/** The same for every archive, so that the same files are the same bytes. */
const NO_TIME = new Date(0);

/** Thrown for an archive that must not be unpacked. */
export class UnsafeArchive extends Error {
  override name = "UnsafeArchive";
}

/** The files of a folder as a tar.gz: the same bytes for the same files, whoever owns them and whenever they were made. */
export async function pack(folder: string): Promise<Buffer> {
  const files = await filesIn(folder);
  const options = { cwd: folder, gzip: true, portable: true, noDirRecurse: true, mtime: NO_TIME };
  const chunks: Buffer[] = [];
  // a name that begins with @ would be read as that of another archive
  for await (const chunk of create(
    options,
    files.map((file) => `./${relative(folder, file)}`),
  )) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/**
 * Unpacks an archive of `pack` into a folder that need not exist. Whatever comes of it, nothing is written afterwards.
 * @param time of change of every file: HTTP's validators are made of it, so it must differ between two versions
 * @throws {UnsafeArchive} for links, names that lead out of the folder, and more than a theme can have
 */
export async function unpack(archive: Uint8Array, folder: string, time: Date): Promise<void> {
  await mkdir(folder, { recursive: true });
  let entries = 0;
  let bytes = 0;
  let failure: Error | undefined;
  const stream = extract({
    cwd: folder,
    preserveOwner: false,
    filter: (path, entry) => {
      const { type, size } = entry as { type?: string; size: number };
      entries += 1;
      bytes += size;
      const unsafe = reasonAgainst({ path, type: type ?? "nothing", entries, bytes });
      if (unsafe !== undefined) failure ??= new UnsafeArchive(unsafe);
      return failure === undefined;
    },
    // as an error it would be told while other files are still being written
    onwarn: (code, message, data) => {
      failure ??= data instanceof Error ? data : new Error(`${code}: ${message}`);
    },
  });
  await new Promise<void>((resolve, reject) => {
    stream.on("close", resolve).on("error", reject);
    stream.end(Buffer.from(archive));
  });
  if (failure !== undefined) throw failure;
  for (const file of await filesIn(folder)) await utimes(file, time, time);
}

interface Seen {
  readonly path: string;
  readonly type: string;
  readonly entries: number;
  readonly bytes: number;
}

function reasonAgainst({ path, type, entries, bytes }: Seen): string | undefined {
  if (!["File", "OldFile", "Directory"].includes(type)) return `"${path}" is no file but a ${type}`;
  if (path.startsWith("/") || path.split(/[\\/]/).includes("..")) return `"${path}" leads out of the folder`;
  if (entries > MOST_ENTRIES) return `there are more than ${MOST_ENTRIES} files in it`;
  if (bytes > MOST_BYTES) return `its files have more than ${MOST_BYTES} bytes together`;
  return undefined;
}

/** Plain files, in the order of their names; links and what else a file system knows are left out. */
async function filesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await filesIn(path)));
    else if (entry.isFile()) found.push(path);
  }
  return found;
}
