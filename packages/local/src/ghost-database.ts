import { cp, mkdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/**
 * Puts libsql where Ghost looks for better-sqlite3. It has the same API and comes compiled, so that no machine needs
 * a compiler. Its files are copied: the cache must outlive this checkout.
 */
export async function placeDatabase(ghost: string): Promise<void> {
  const place = await realpath(join(ghost, "node_modules/better-sqlite3"));
  const { name, version } = JSON.parse(await readFile(join(place, "package.json"), "utf8"));
  // removed and made anew, never written into: pnpm's files are shared with its store
  await rm(place, { recursive: true });
  await mkdir(place);
  await writeFile(join(place, "package.json"), `${JSON.stringify({ name, version, main: "index.js" }, null, 2)}\n`);
  await writeFile(join(place, "index.js"), 'module.exports = require("libsql");\n');
  await copyPackage("libsql", import.meta.filename, join(place, "node_modules"), new Set());
}

/** Copies a package and what it depends on into one flat node_modules folder. */
async function copyPackage(name: string, importer: string, target: string, done: Set<string>): Promise<void> {
  if (done.has(name)) return;
  done.add(name);
  const source = await packageFolder(name, importer);
  // an optional package of another platform
  if (!source) return;
  await cp(source, join(target, name), {
    recursive: true,
    filter: (path) => !path.startsWith(join(source, "node_modules")),
  });
  const manifest = JSON.parse(await readFile(join(source, "package.json"), "utf8"));
  for (const dependency of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
    await copyPackage(dependency, join(source, "package.json"), target, done);
  }
}

async function packageFolder(name: string, importer: string): Promise<string | undefined> {
  const folders = createRequire(importer).resolve.paths(name) ?? [];
  for (const folder of folders) {
    const manifest = await realpath(join(folder, name, "package.json")).catch(() => undefined);
    if (manifest) return dirname(manifest);
  }
  return undefined;
}
