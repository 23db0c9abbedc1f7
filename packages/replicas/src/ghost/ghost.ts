import { existsSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { EXIT, Failure } from "../failure.ts";
import type { GhostConfig, Modules } from "./modules.ts";
import { TOUCHED, type ModuleName } from "./touched.ts";

/** A Ghost as its publisher ships it, on disk and never changed there, and its modules in this process. */
export class Ghost {
  /** Folder with Ghost's package.json. */
  readonly root: string;
  readonly version: string;
  readonly #require: NodeJS.Require;

  constructor(root: string, version: string) {
    this.root = root;
    this.version = version;
    this.#require = createRequire(join(root, "package.json"));
  }

  /** Ghost's configuration: its files, the environment and its defaults together. */
  get config(): GhostConfig {
    return this.load("core/shared/config") as GhostConfig;
  }

  /** A package that Ghost brings along. */
  require(id: string): unknown {
    return this.#require(id);
  }

  /** A module of Ghost's own, by its path below the root; for what is public, such as its configuration. */
  load(path: string): unknown {
    return this.#require(`./${path}`);
  }

  /** A private module: only those that stand in `touched.ts`, whose digests are known. */
  use<Name extends ModuleName>(name: Name): Modules[Name] {
    return this.load(TOUCHED[name].file) as Modules[Name];
  }
}

/**
 * The Ghost to run from a folder: the folder itself, or `current` in it as Ghost-CLI lays it out.
 * @throws {Failure} when there is none
 */
export function findGhost(folder: string): Ghost {
  const candidates = [folder, join(folder, "current")].map((path) => resolve(path));
  const found = candidates.find((path) => existsSync(join(path, "core/boot.js")));
  if (found === undefined) {
    throw new Failure(`There is no Ghost in ${folder}: neither core/boot.js nor current/core/boot.js exists.`, {
      effect: "Nothing was started.",
      next: "Run ghost-replica in the folder that `node index.js` or `node current/index.js` was run in, or name it: --ghost DIR",
      exitCode: EXIT.usage,
    });
  }
  // Ghost's own modules are found by their real path: a second path would load them a second time.
  const root = realpathSync(found);
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  return new Ghost(root, version);
}
