import { randomUUID } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { cp, lstat, mkdir, readdir, readlink, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { unpack } from "./archive.ts";

/** Ghost takes nothing for a theme whose name begins with a dot. */
const VERSIONS = ".replicas";

/** What was left half-made by a process that was killed is deleted after this time: nobody can be at work on it. */
const ABANDONED_MS = 10 * 60_000;

/** Ghost names what it is about to replace, or to put in place, like the theme with an id behind it. */
const GHOSTS_LEFTOVER = /^(.+)_[0-9a-f]{24}$/;

/** Whether a folder is Ghost's copy of a theme while it replaces it. */
export function isGhostsLeftover(name: string): boolean {
  return GHOSTS_LEFTOVER.test(name);
}

/** A theme as it was before somebody changed it. */
export interface Kept {
  /** Answers whether something had to be put back. */
  restore(): Promise<boolean>;
  discard(): Promise<void>;
}

/**
 * Ghost's folder of themes on this replica's disk. A theme from the bucket lies, whole and by its digest, below
 * `.replicas`; its name is a link to there, so that another version takes its place in one step.
 */
export class ThemeFolder {
  readonly #folder: string;

  /** @param folder content/themes of this replica alone */
  constructor(folder: string) {
    this.#folder = folder;
  }

  path(name: string): string {
    return join(this.#folder, name);
  }

  exists(name: string): boolean {
    return existsSync(this.path(name));
  }

  /** Which version from the bucket is in place; undefined when there is none or the theme came another way. */
  async current(name: string): Promise<string | undefined> {
    const target = await linkTarget(this.path(name));
    return target !== undefined && dirname(target) === join(VERSIONS, name) && this.exists(name)
      ? basename(target)
      : undefined;
  }

  has(name: string, digest: string): boolean {
    return existsSync(this.#version(name, digest));
  }

  /** Unpacks a version beside the others; it is there whole or not at all. */
  async add(name: string, digest: string, archive: Uint8Array, time: Date): Promise<void> {
    if (this.has(name, digest)) return;
    const part = this.#temporary("part");
    try {
      await unpack(archive, part, time);
      await mkdir(dirname(this.#version(name, digest)), { recursive: true });
      await rename(part, this.#version(name, digest));
    } finally {
      await rm(part, { recursive: true, force: true });
    }
  }

  /** Puts a version in place that was added before. */
  async mount(name: string, digest: string): Promise<void> {
    const gone = this.#place(name, join(VERSIONS, name, digest));
    if (gone !== undefined) await rm(gone, { recursive: true, force: true });
  }

  async remove(name: string): Promise<void> {
    await rm(this.path(name), { recursive: true, force: true });
    await rm(join(this.#folder, VERSIONS, name), { recursive: true, force: true });
  }

  /** Deletes versions of a theme other than those. */
  async sweep(name: string, keep: readonly (string | null | undefined)[]): Promise<void> {
    const versions = join(this.#folder, VERSIONS, name);
    for (const digest of await namesIn(versions)) {
      if (!keep.includes(digest)) await rm(join(versions, digest), { recursive: true, force: true });
    }
  }

  /** Remembers a theme, so that a change which fails can be undone. */
  async keep(name: string): Promise<Kept> {
    const target = await linkTarget(this.path(name));
    if (target !== undefined) return { restore: () => this.#relink(name, target), discard: async () => {} };
    if (!this.exists(name)) return { restore: () => this.#removeNew(name), discard: async () => {} };
    const copy = this.#temporary("kept");
    const discard = () => rm(copy, { recursive: true, force: true });
    try {
      await cp(this.path(name), copy, { recursive: true, preserveTimestamps: true });
    } catch (error) {
      await discard();
      throw error;
    }
    return { restore: () => this.#putBack(name, copy), discard };
  }

  /** Links the themes that Ghost ships, where the folder has none of that name or a link to those of another Ghost. */
  async linkShipped(shipped: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    for (const name of await namesIn(shipped)) {
      const source = join(shipped, name);
      if (name.startsWith(".") || !(await lstat(source)).isDirectory() || source === this.path(name)) continue;
      const target = await linkTarget(this.path(name));
      const isOlder = target !== undefined && target !== source && isShipped(target);
      if (isOlder || !this.exists(name)) await this.#link(name, source);
    }
  }

  /**
   * Deletes what processes that were killed have left behind.
   * @param shared names of the themes that the bucket has
   */
  async tidy(shared: ReadonlySet<string>): Promise<void> {
    const before = Date.now() - ABANDONED_MS;
    for (const name of await namesIn(join(this.#folder, VERSIONS))) {
      if (!name.startsWith(".")) continue;
      const path = join(this.#folder, VERSIONS, name);
      if ((await lstat(path)).ctimeMs < before) await rm(path, { recursive: true, force: true });
    }
    for (const name of await namesIn(this.#folder)) {
      const theme = GHOSTS_LEFTOVER.exec(name)?.[1];
      if (theme !== undefined && shared.has(theme) && !shared.has(name)) {
        await rm(this.path(name), { recursive: true, force: true });
      }
    }
  }

  async #relink(name: string, target: string): Promise<boolean> {
    if ((await linkTarget(this.path(name))) === target) return false;
    await this.#link(name, target);
    return true;
  }

  async #removeNew(name: string): Promise<boolean> {
    if (!this.exists(name)) return false;
    await this.remove(name);
    return true;
  }

  async #putBack(name: string, copy: string): Promise<boolean> {
    const gone = this.#temporary("gone");
    if (this.exists(name)) moveAway(this.path(name), gone);
    await rename(copy, this.path(name));
    await rm(gone, { recursive: true, force: true });
    return true;
  }

  async #link(name: string, target: string): Promise<void> {
    const gone = this.#place(name, target);
    if (gone !== undefined) await rm(gone, { recursive: true, force: true });
  }

  /**
   * Renames a new link over the old one. Nothing else of this process runs meanwhile.
   * @returns what was moved out of the way, to be deleted
   */
  #place(name: string, target: string): string | undefined {
    const link = this.#temporary("link");
    symlinkSync(target, link);
    const path = this.path(name);
    const old = lstatSync(path, { throwIfNoEntry: false });
    const gone = old !== undefined && !old.isSymbolicLink() ? this.#temporary("gone") : undefined;
    if (gone !== undefined) moveAway(path, gone);
    renameSync(link, path);
    return gone;
  }

  #version(name: string, digest: string): string {
    return join(this.#folder, VERSIONS, name, digest);
  }

  /** A path that is free, in a folder that exists. */
  #temporary(purpose: string): string {
    mkdirSync(join(this.#folder, VERSIONS), { recursive: true });
    return join(this.#folder, VERSIONS, `.${purpose}-${randomUUID()}`);
  }
}

function moveAway(path: string, to: string): void {
  try {
    renameSync(path, to);
  } catch (error) {
    // a folder of a container's image cannot be renamed, only deleted
    if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
    rmSync(path, { recursive: true });
  }
}

/** Whether a link leads to a theme that some Ghost ships. */
function isShipped(target: string): boolean {
  return existsSync(join(target, "../../../core/boot.js"));
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    // EINVAL: it exists and is no link
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "EINVAL") return undefined;
    throw error;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
