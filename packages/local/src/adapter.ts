import { createHash } from "node:crypto";
import { access, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ExecaError, execa } from "execa";
import { Failure } from "./failure.ts";
import { withLock } from "./lock.ts";

const ROOT = join(import.meta.dirname, "../../..");
const STORAGE_S3 = join(ROOT, "packages/storage-s3");

/** Says of which sources the build in `dist` was made. */
const STAMP = join(ROOT, ".state/adapter.stamp");

/** Builds the storage adapter as it would be published, unless that is done; answers with the package's folder. */
export async function buildAdapter(signal?: AbortSignal): Promise<string> {
  const dist = join(STORAGE_S3, "dist");
  await mkdir(join(ROOT, ".state"), { recursive: true });
  await withLock(
    `${STAMP}.lock`,
    async () => {
      const sources = await fingerprint();
      const built = await readFile(STAMP, "utf8").catch(() => "");
      if (built === sources && (await exists(join(dist, "package.json")))) return;
      await build(signal);
      await writeFile(STAMP, sources);
    },
    { signal },
  );
  return dist;
}

async function build(signal: AbortSignal | undefined): Promise<void> {
  const program = join(STORAGE_S3, "build.ts");
  if (!(await exists(program))) {
    throw new Failure(`The storage adapter cannot be built: ${program} is missing.`, {
      effect: "Nothing was started.",
      next: "Restore the file from git.",
    });
  }
  try {
    await execa(process.execPath, [program], {
      cwd: STORAGE_S3,
      all: true,
      stdin: "ignore",
      ...(signal && { cancelSignal: signal }),
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw new Failure("The storage adapter could not be built.", {
      effect: `${error instanceof ExecaError ? error.all : String(error)}\nNothing was started.`,
      next: "Mend what is named above, then try again: npm run build",
      error,
    });
  }
}

/** Changes when a source or a dependency does. */
async function fingerprint(): Promise<string> {
  const sources = await readdir(join(STORAGE_S3, "src"), { recursive: true, withFileTypes: true });
  const files = sources.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  files.push(...["build.ts", "package.json"].map((name) => join(STORAGE_S3, name)), join(ROOT, "pnpm-lock.yaml"));
  const digest = createHash("sha256");
  for (const file of files.toSorted()) {
    const found = await stat(file).catch(() => undefined);
    digest.update(`${file} ${found?.size} ${found?.mtimeMs}\n`);
  }
  return digest.digest("hex");
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
