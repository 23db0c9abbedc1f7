import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { keepAdapterLog } from "./adapter-log.ts";
import type { RequestHandler } from "./express.ts";

const PACKAGE = join(import.meta.dirname, "../../packages/storage-s3");

/** An upload as Ghost hands it over. */
export interface Upload {
  name: string;
  path: string;
  type?: string;
}

/** What Ghost calls on a storage adapter. */
export interface Storage {
  readonly storagePath: string;
  readonly staticFileURLPrefix: string;
  save(file: Upload, targetDir?: string): Promise<string>;
  saveRaw(buffer: Buffer, targetPath: string): Promise<string>;
  exists(fileName: string, targetDir?: string): Promise<boolean>;
  read(options: { path: string }): Promise<Buffer>;
  delete(fileName: string, targetDir?: string): Promise<void>;
  serve(): RequestHandler;
  urlToPath(url: string): string;
  getUniqueFileName(file: object, targetDir: string): Promise<string>;
  getTargetDir(baseDir?: string): string;
}

export interface StorageClass {
  new (options: object): Storage;
  validate(options: unknown): void;
}

export type Feature = "images" | "media" | "files";

export interface BuiltAdapter {
  /** Folder of the package as it is published. */
  folder: string;
  feature(name: Feature): StorageClass;
  /** What it has logged in this process. */
  log: readonly string[];
  remove(): Promise<void>;
}

/** Builds the adapter into a folder of its own, so that no other build or test gets in the way. */
export async function buildAdapter(): Promise<BuiltAdapter> {
  const root = await mkdtemp(join(tmpdir(), "adapter-"));
  const folder = join(root, "storage-s3");
  await execa(process.execPath, [join(PACKAGE, "build.ts"), folder]);
  // the image library, which Ghost has at hand and a folder of its own has not
  await mkdir(join(root, "node_modules/@img"), { recursive: true });
  const sharp = dirname(dirname(createRequire(join(PACKAGE, "package.json")).resolve("sharp")));
  await symlink(sharp, join(root, "node_modules/sharp"));
  const require = createRequire(join(folder, "package.json"));
  const log = keepAdapterLog();
  return {
    folder,
    feature: (name) => require(`./${name}.js`),
    log: log.lines,
    async remove() {
      log.release();
      await rm(root, { recursive: true });
    },
  };
}
