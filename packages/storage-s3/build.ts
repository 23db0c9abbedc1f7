/**
 * Builds the package as it is published: `dist/`, or the folder that is named, with a package.json of its own, one
 * CommonJS file that holds the adapter with all it needs, a small one a feature, and the command. Nothing has to be
 * installed beside it, so the folder also works as it is in Ghost's `content/adapters/storage/`.
 */
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { build } from "esbuild";

const root = import.meta.dirname;
const dist = resolve(process.argv[2] ?? join(root, "dist"));
const FEATURES = ["images", "media", "files"] as const;

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly keywords: readonly string[];
  readonly license: string;
  readonly engines: Readonly<Record<string, string>>;
}

async function bundle(entry: string, name: string, banner?: string): Promise<void> {
  await build({
    entryPoints: [join(root, "src", entry)],
    outfile: join(dist, name),
    bundle: true,
    platform: "node",
    target: "node22",
    format: "cjs",
    // Ghost knows an adapter by the name of its parent class.
    keepNames: true,
    external: ["sharp"],
    legalComments: "none",
    logLevel: "warning",
    define: { "import.meta.filename": "__filename", "import.meta.dirname": "__dirname" },
    ...(banner && { banner: { js: banner } }),
  });
}

/** All features in one bundle, so that they share connections and memory; a file a feature picks its class. */
async function writeFeatures(): Promise<void> {
  await bundle("index.ts", "index.js");
  await Promise.all(
    FEATURES.map((feature) =>
      writeFile(join(dist, `${feature}.js`), `module.exports = require("./index.js").${feature};\n`),
    ),
  );
  await writeFile(join(dist, "index.d.ts"), DECLARATION);
  await Promise.all(
    FEATURES.map((feature) =>
      writeFile(join(dist, `${feature}.d.ts`), `export { ${feature} as default } from "./index.js";\n`),
    ),
  );
}

/** A bundle of its own: the adapter does not carry what only the commands need. */
async function writeCommand(): Promise<void> {
  await bundle("cli.ts", "cli.js", "#!/usr/bin/env node");
  await chmod(join(dist, "cli.js"), 0o755);
}

/** What a TypeScript user sees; the sources' own types would need all of the bundled packages. */
const DECLARATION = `import type { RequestHandler } from "express";
import type { StorageBase } from "ghost-storage-base";

/** A Ghost storage adapter for S3. All options: the README. */
export interface S3Storage extends StorageBase {
  readonly staticFileURLPrefix: string;
  serve(): RequestHandler;
}
export interface S3StorageClass {
  new (options: { bucket: string; [option: string]: unknown }): S3Storage;
  /** @throws with all mistakes of the options at once */
  validate(options: unknown): void;
}
declare const S3Storage: S3StorageClass;
export default S3Storage;
export declare const images: S3StorageClass;
export declare const media: S3StorageClass;
export declare const files: S3StorageClass;
/** Prometheus metrics of all storage classes of the process. */
export declare const registry: { metrics(): Promise<string>; readonly contentType: string };
`;

const entry = (file: string): object => ({ types: `./${file}.d.ts`, default: `./${file}.js` });

async function writeManifest(): Promise<void> {
  const { name, version, description, keywords, license, engines }: Manifest = JSON.parse(
    await readFile(join(root, "package.json"), "utf8"),
  );
  const manifest = {
    name,
    version,
    description,
    keywords,
    license,
    engines,
    type: "commonjs",
    main: "./index.js",
    exports: {
      ".": entry("index"),
      ...Object.fromEntries(FEATURES.map((feature) => [`./${feature}`, entry(feature)])),
      "./package.json": "./package.json",
    },
    bin: { "storage-s3": "./cli.js" },
    // Ghost brings it along; without it damaged images are refused and no sizes are made at upload.
    peerDependencies: { sharp: ">=0.33" },
    peerDependenciesMeta: { sharp: { optional: true } },
  };
  await writeFile(join(dist, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
await Promise.all([writeFeatures(), writeCommand(), writeManifest()]);
