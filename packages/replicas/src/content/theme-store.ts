import type { Surroundings } from "../surroundings.ts";
import { pack, UnsafeArchive } from "./archive.ts";
import { UnusableObject, type ObjectKind, type Objects } from "./objects.ts";
import type { Pointer, Pointers } from "./pointers.ts";
import type { ThemeFolder } from "./theme-folder.ts";

export const THEME_PREFIX = "theme:";

/** As Ghost names a theme after its zip; the leading dot is that of our own folder. */
const NAME = /^(?!\.)[\w@.-]+$/;

export function isThemeName(name: string): boolean {
  return NAME.test(name);
}

export interface ThemeStoreParts {
  readonly surroundings: Surroundings;
  readonly pointers: Pointers;
  readonly objects: Objects;
  readonly folder: ThemeFolder;
}

/** Themes between the bucket and this replica's disk. Its methods must not run at the same time as each other. */
export class ThemeStore {
  /** Themes whose files on disk are not those that Ghost has loaded. */
  readonly changed = new Set<string>();
  readonly #surroundings: Surroundings;
  readonly #pointers: Pointers;
  readonly #objects: Objects;
  readonly #folder: ThemeFolder;

  constructor({ surroundings, pointers, objects, folder }: ThemeStoreParts) {
    this.#surroundings = surroundings;
    this.#pointers = pointers;
    this.#objects = objects;
    this.#folder = folder;
  }

  /** Stores the theme as it lies in the folder and tells all replicas. When it throws, they have not been told by us. */
  async publish(name: string): Promise<void> {
    const archive = await pack(this.#folder.path(name));
    const digest = await this.#objects.put(kindOf(name), archive);
    const pointer = await this.#pointers.announce(THEME_PREFIX + name, digest);
    try {
      await this.#folder.add(name, digest, archive, pointer.changedAt);
      await this.#place(name, digest, pointer);
    } catch (error) {
      // the files are right as they are; the next pull puts the stored ones in their place
      this.#surroundings.log.error(`The theme "${name}" was shared, but could not be put away here`, error);
    }
  }

  /** Tells all replicas to delete a theme that is gone here. */
  async withdraw(name: string): Promise<void> {
    await this.#pointers.announce(THEME_PREFIX + name, null);
    await this.#folder.remove(name);
  }

  /** Brings one theme up to date; does nothing for one that never came through the bucket. */
  async pull(name: string): Promise<void> {
    const pointer = await this.#pointers.get(THEME_PREFIX + name);
    if (pointer) await this.#bringUp(pointer, await this.activeTheme());
  }

  /** Brings all themes up to date. What fails for one theme is returned and keeps none of the others waiting. */
  async pullAll(): Promise<unknown[]> {
    const failures: unknown[] = [];
    const active = await this.activeTheme();
    for (const pointer of await this.#pointers.below(THEME_PREFIX)) {
      try {
        await this.#bringUp(pointer, active);
      } catch (error) {
        failures.push(error);
      }
    }
    return failures;
  }

  /** Names of the themes that the bucket has or had. */
  async names(): Promise<Set<string>> {
    const pointers = await this.#pointers.below(THEME_PREFIX);
    return new Set(pointers.map(({ name }) => name.slice(THEME_PREFIX.length)));
  }

  /** By the database, which another replica may have changed; undefined before Ghost's first boot. */
  async activeTheme(): Promise<string | undefined> {
    try {
      const [row] = await this.#surroundings.database.rows<{ value: string | null }>(
        "SELECT value FROM settings WHERE `key` = 'active_theme'",
      );
      return row?.value ?? undefined;
    } catch (error) {
      if ((error as { code?: string }).code === "ER_NO_SUCH_TABLE") return undefined;
      throw error;
    }
  }

  async #bringUp(pointer: Pointer, active: string | undefined): Promise<void> {
    const name = pointer.name.slice(THEME_PREFIX.length);
    if (!isThemeName(name)) throw new Error(`The row "${pointer.name}" of replicas_content names no theme`);
    // deleted by one replica while another made it the active one: the site comes first
    const digest = pointer.digest ?? (name === active ? pointer.previousDigest : null);
    if (digest === null) {
      await this.#drop(name);
      return;
    }
    if ((await this.#folder.current(name)) === digest) return;
    try {
      await this.#fetch(name, digest, pointer);
    } catch (error) {
      if (isBroken(error)) await this.#fallBack(name, pointer);
      throw error;
    }
    await this.#place(name, digest, pointer);
    this.changed.add(name);
  }

  async #drop(name: string): Promise<void> {
    if (!this.#folder.exists(name)) return;
    await this.#folder.remove(name);
    this.changed.add(name);
  }

  /** What is in place stays there; where there is nothing, the version before is better. */
  async #fallBack(name: string, pointer: Pointer): Promise<void> {
    const { previousDigest } = pointer;
    if (previousDigest === null || previousDigest === pointer.digest || this.#folder.exists(name)) return;
    await this.#fetch(name, previousDigest, pointer);
    await this.#place(name, previousDigest, pointer);
    this.changed.add(name);
    this.#surroundings.log.warn(`The theme "${name}" is the version before the current one, which is unusable`);
  }

  async #fetch(name: string, digest: string, { changedAt }: Pointer): Promise<void> {
    if (this.#folder.has(name, digest)) return;
    await this.#folder.add(name, digest, await this.#objects.get(kindOf(name), digest), changedAt);
  }

  async #place(name: string, digest: string, pointer: Pointer): Promise<void> {
    await this.#folder.mount(name, digest);
    // Ghost knows the hashes of assets by path and time
    this.#surroundings.ghost.use("assetHash").clearCache();
    await this.#folder.sweep(name, [digest, pointer.digest, pointer.previousDigest]);
  }
}

/** Whether the object itself is what is wrong, so that asking again at once is of no use. */
export function isBroken(error: unknown): boolean {
  return error instanceof UnusableObject || error instanceof UnsafeArchive;
}

function kindOf(name: string): ObjectKind {
  return {
    kind: "theme",
    contentType: "application/gzip",
    key: (digest) => `themes/${name}/${digest}.tar.gz`,
  };
}
