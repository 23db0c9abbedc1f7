import { createHash } from "node:crypto";
import { access, glob, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ExecaError, execa } from "execa";
import { Failure } from "./failure.ts";
import { withLock } from "./lock.ts";

const ROOT = join(import.meta.dirname, "../../..");

/** In a package's folder, what its build does not read. */
const NO_SOURCES = ["dist/**", "node_modules/**", "test/**"];

interface Build {
  /** As a person would call it. */
  title: string;
  /** The package's folder, with its build program. */
  folder: string;
  /** What the build makes, in `dist`. */
  product: string;
  /** Says of which sources the build in `dist` was made. */
  stamp: string;
}

const ADAPTER: Build = {
  title: "storage adapter",
  folder: join(ROOT, "packages/storage-s3"),
  product: "package.json",
  stamp: join(ROOT, ".state/adapter.stamp"),
};

const REPLICAS: Build = {
  title: "program that runs Ghost as one of several",
  folder: join(ROOT, "packages/replicas"),
  product: "cli.js",
  stamp: join(ROOT, ".state/replicas.stamp"),
};

/** Builds the storage adapter as it would be published, unless that is done; answers with the package's folder. */
export function buildAdapter(signal?: AbortSignal): Promise<string> {
  return provide(ADAPTER, signal);
}

/** Builds `ghost-replica` as it would be published, unless that is done; answers with the folder of its `cli.js`. */
export function buildReplicas(signal?: AbortSignal): Promise<string> {
  return provide(REPLICAS, signal);
}

async function provide(what: Build, signal: AbortSignal | undefined): Promise<string> {
  const dist = join(what.folder, "dist");
  await mkdir(join(ROOT, ".state"), { recursive: true });
  await withLock(
    `${what.stamp}.lock`,
    async () => {
      const sources = await fingerprint(what.folder);
      const built = await readFile(what.stamp, "utf8").catch(() => "");
      if (built === sources && (await exists(join(dist, what.product)))) return;
      await build(what, signal);
      await writeFile(what.stamp, sources);
    },
    { signal },
  );
  return dist;
}

async function build({ title, folder }: Build, signal: AbortSignal | undefined): Promise<void> {
  const program = join(folder, "build.ts");
  if (!(await exists(program))) {
    throw new Failure(`The ${title} cannot be built: ${program} is missing.`, {
      effect: "Nothing was started.",
      next: "Restore the file from git.",
    });
  }
  try {
    await execa(process.execPath, [program], {
      cwd: folder,
      all: true,
      stdin: "ignore",
      ...(signal && { cancelSignal: signal }),
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw new Failure(`The ${title} could not be built.`, {
      effect: `${error instanceof ExecaError ? error.all : String(error)}\nNothing was started.`,
      next: "Mend what is named above, then try again: npm run build",
      error,
    });
  }
}

/** Changes when a source or a dependency does. */
async function fingerprint(folder: string): Promise<string> {
  const files = [join(ROOT, "pnpm-lock.yaml")];
  for await (const file of glob("**/*", { cwd: folder, exclude: NO_SOURCES })) files.push(join(folder, file));
  const digest = createHash("sha256");
  for (const file of files.toSorted()) {
    const found = await stat(file).catch(() => undefined);
    if (found?.isFile()) digest.update(`${file} ${found.size} ${found.mtimeMs}\n`);
  }
  return digest.digest("hex");
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
