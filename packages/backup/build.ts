/**
 * Builds the package as it is published: `dist/`, or the folder that is named, with a package.json of its own and one
 * file that holds the command with all it needs, but for mysqldump and mysqld, which the image has.
 */
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { build } from "esbuild";

const root = import.meta.dirname;
const dist = resolve(process.argv[2] ?? join(root, "dist"));

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly keywords: readonly string[];
  readonly license: string;
  readonly engines: Readonly<Record<string, string>>;
}

async function writeCommand(): Promise<void> {
  await build({
    entryPoints: [join(root, "src/cli.ts")],
    outfile: join(dist, "cli.js"),
    bundle: true,
    platform: "node",
    target: "node24",
    format: "cjs",
    // the ES modules of packages that have both: of them only what is used comes along
    mainFields: ["module", "main"],
    // text that is kept in memory; lines stay short enough to be shown in an error
    minifySyntax: true,
    minifyWhitespace: true,
    lineLimit: 160,
    keepNames: true,
    legalComments: "none",
    logLevel: "warning",
    define: { "import.meta.filename": "__filename", "import.meta.dirname": "__dirname" },
    banner: { js: "#!/usr/bin/env node" },
  });
  await chmod(join(dist, "cli.js"), 0o755);
}

async function writeManifest(): Promise<void> {
  const { name, version, description, keywords, license, engines }: Manifest = JSON.parse(
    await readFile(join(root, "package.json"), "utf8"),
  );
  const bin = { backup: "./cli.js" };
  const manifest = { name, version, description, keywords, license, engines, type: "commonjs", bin };
  await writeFile(join(dist, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
await Promise.all([writeCommand(), writeManifest()]);
