import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, isAbsolute, join } from "node:path";
import type { Bucket } from "../content/bucket.ts";
import type { Ghost } from "../ghost/ghost.ts";
import type { JobEnvelope } from "../ghost/modules.ts";

type Payload = Record<string, unknown>;

interface JobFile {
  /** Path of the file, or its name in Ghost's folder for imports. */
  readonly pathIn: (payload: Payload) => unknown;
  /** The payload for a replica that has the file elsewhere; none where the payload holds a name only. */
  readonly movedTo?: (payload: Payload, path: string) => Payload;
}

/** The jobs that need a file which Ghost has put on the disk of the replica that took them. */
const FILES: Readonly<Record<string, JobFile>> = {
  "members-import": { pathIn: ({ spoolKey }) => spoolKey },
  "content-csv-import": {
    pathIn: ({ file }) => (file as Payload | undefined)?.path,
    movedTo: (payload, path) => ({ ...payload, file: { ...(payload.file as Payload), path } }),
  },
};

/** In the bucket. */
const FOLDER = "imports";

/** The rows of an import are people's addresses. */
const PRIVATE = 0o600;

/** Files that jobs need, in the bucket for as long as the job is not done, so that any replica can do it. */
export class JobFiles {
  readonly #bucket: Bucket;
  readonly #ghost: Ghost;

  constructor(bucket: Bucket, ghost: Ghost) {
    this.#bucket = bucket;
    this.#ghost = ghost;
  }

  /** Puts the file of a job into the bucket. One that is not on the disk lies in a storage that all replicas share. */
  async store(job: JobEnvelope): Promise<void> {
    const path = this.#pathOf(job);
    if (path !== undefined && (await exists(path))) await this.#bucket.put(keyOf(path), await readFile(path));
  }

  /** Fetches the file of a job that another replica took; the payload that names it where it is now. */
  async fetch(job: JobEnvelope): Promise<string> {
    const path = this.#pathOf(job);
    if (path === undefined || (await exists(path))) return job.payload;
    const body = await this.#bucket.get(keyOf(path));
    if (body === undefined) return job.payload;
    const target = join(this.#folder(), basename(path));
    await writeWhole(target, body);
    const movedTo = FILES[job.type]?.movedTo;
    return movedTo ? JSON.stringify(movedTo(JSON.parse(job.payload) as Payload, target)) : job.payload;
  }

  /** Deletes what `store` has put into the bucket. */
  async remove(job: JobEnvelope): Promise<void> {
    const path = this.#pathOf(job);
    if (path !== undefined) await this.#bucket.delete(keyOf(path));
  }

  #pathOf({ type, payload }: JobEnvelope): string | undefined {
    const path = FILES[type]?.pathIn(JSON.parse(payload) as Payload);
    if (typeof path !== "string" || path === "") return undefined;
    return isAbsolute(path) ? path : join(this.#folder(), path);
  }

  /** Ghost's folder for imports; before 6.65 there was none, and they lay in that for temporary files. */
  #folder(): string {
    const { config } = this.#ghost;
    if (!config.get("storage:imports") && !config.get("adapters:storage:imports")) return tmpdir();
    const storage = this.#ghost.use("adapterManager").default.getAdapter("storage:imports");
    return (storage as { storagePath?: string }).storagePath ?? tmpdir();
  }
}

function keyOf(path: string): string {
  return `${FOLDER}/${basename(path)}`;
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

/** A process that ends meanwhile leaves no half of the file under its name. */
async function writeWhole(path: string, body: Uint8Array): Promise<void> {
  const part = `${path}.${randomUUID()}`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(part, body, { mode: PRIVATE });
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
