import { digestOf, type Facet } from "../coherence/facet.ts";
import { mountTheme } from "../coherence/theme.ts";
import { reasonOf } from "../failure.ts";
import { Queue } from "../queue.ts";
import type { Surroundings } from "../surroundings.ts";
import { isDiskFull, notAllowed, notShared, notWritten } from "./ghost-error.ts";
import { isGhostsLeftover, type Kept, type ThemeFolder } from "./theme-folder.ts";
import { isThemeName, THEME_PREFIX, type ThemeStore } from "./theme-store.ts";

/** A change of a theme that came to nothing, with its reason; the disk is as before. */
class Undone extends Error {
  override name = "Undone";
  /** Whether Ghost had changed the disk. */
  readonly restored: boolean;

  constructor(cause: unknown, restored: boolean) {
    super(reasonOf(cause), { cause });
    this.restored = restored;
  }
}

/** Uploads, deletes and mounts of themes by this Ghost, each with the bucket behind it. */
export class Themes {
  readonly facet: Facet = {
    name: "themes",
    sql: `SELECT ${digestOf("name, COALESCE(digest, ''), changed_at")} AS digest, MAX(changed_at) AS changed_at
      FROM replicas_content WHERE name LIKE '${THEME_PREFIX}%'`,
    reload: () => this.#reload(),
  };
  readonly #surroundings: Surroundings;
  readonly #store: ThemeStore;
  readonly #folder: ThemeFolder;
  readonly #queue = new Queue();
  /** Ghost's own. */
  readonly #loadAllThemes: () => Promise<void>;

  constructor(surroundings: Surroundings, store: ThemeStore, folder: ThemeFolder) {
    this.#surroundings = surroundings;
    this.#store = store;
    this.#folder = folder;
    this.#loadAllThemes = surroundings.ghost.use("themeLoader").loadAllThemes;
  }

  /** Before Ghost loads its service of themes, which keeps the functions that it finds. */
  install(): void {
    const { ghost } = this.#surroundings;
    const storage = ghost.use("themeStorage");
    const { setFromZip, destroy } = storage;
    storage.setFromZip = async (zip, options) => {
      const name = themeNameOf(zip.name);
      if (!isThemeName(name)) throw notAllowed(ghost, "Invalid theme name.");
      return this.#shared(
        name,
        () => setFromZip(zip, options),
        () => this.#store.publish(name),
      );
    };
    storage.destroy = async (name) => {
      if (!isThemeName(name)) return destroy(name);
      await this.#freshen(name);
      return this.#shared(
        name,
        () => this.#destroy(name, destroy),
        () => this.#store.withdraw(name),
      );
    };
    ghost.use("themeLoader").loadAllThemes = () => this.#loadAll();
    this.#installMounts();
  }

  #installMounts(): void {
    const { ghost } = this.#surroundings;
    const activation = ghost.use("themeActivate");
    const { activate, loadAndActivate } = activation;
    activation.activate = async (name) => {
      await this.#freshen(name);
      return activate(name);
    };
    activation.loadAndActivate = async (name, options) => {
      await this.#freshen(name);
      const before = ghost.use("themeEngine").get();
      await loadAndActivate(name, options);
      if (ghost.use("themeEngine").get() !== before) this.#store.changed.delete(name);
    };
  }

  /** Brings the disk up to date before Ghost reads it; what cannot be had is returned. */
  pull(): Promise<unknown[]> {
    const { ghost } = this.#surroundings;
    return this.#queue.run(async () => {
      await this.#folder.linkShipped(`${ghost.root}/content/themes`);
      await this.#folder.tidy(await this.#store.names());
      const failures = await this.#store.pullAll();
      this.#store.changed.clear();
      return failures;
    });
  }

  /** Does something to a theme here and tells the others; when either fails, it is undone. */
  async #shared<Result>(name: string, change: () => Promise<Result>, announce: () => Promise<void>): Promise<Result> {
    const { ghost } = this.#surroundings;
    let changed = false;
    try {
      return await this.#queue.run(() =>
        this.#orUndone(name, async () => {
          const result = await change();
          changed = true;
          await announce();
          return result;
        }),
      );
    } catch (error) {
      if (!(error instanceof Undone)) throw error;
      if (error.restored) await this.#loadAgain(name);
      if (changed) throw notShared(ghost, `The theme "${name}"`, error.cause);
      throw isDiskFull(error.cause) ? notWritten(ghost, `The theme "${name}"`, error.cause) : error.cause;
    }
  }

  async #orUndone<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    let kept: Kept | undefined;
    try {
      kept = await this.#folder.keep(name);
      return await work();
    } catch (error) {
      throw new Undone(error, (await kept?.restore()) ?? false);
    } finally {
      await kept?.discard();
    }
  }

  async #destroy(name: string, destroy: (name: string) => Promise<unknown>): Promise<unknown> {
    // this replica may not know yet what another has activated
    if (name === (await this.#store.activeTheme())) {
      throw notAllowed(this.#surroundings.ghost, "Deleting the active theme is not allowed.");
    }
    return destroy(name);
  }

  /** Ghost's memory follows the disk, after a change was undone. */
  async #loadAgain(name: string): Promise<void> {
    const { ghost, log } = this.#surroundings;
    try {
      if (name === ghost.use("settingsCache").get("active_theme")) await mountTheme(ghost);
      else if (this.#folder.exists(name)) await ghost.use("themeLoader").loadOneTheme(name);
      else ghost.use("themeList").del(name);
    } catch (error) {
      log.error(`The theme "${name}" could not be loaded again`, error);
    }
  }

  /** Another replica may have brought a newer version a moment ago. Without it, what is here has to do. */
  async #freshen(name: string): Promise<void> {
    if (!isThemeName(name)) return;
    const { ghost, log } = this.#surroundings;
    try {
      await this.#queue.run(() => this.#store.pull(name));
      const known = ghost.use("themeList").get(name) !== undefined && !this.#store.changed.has(name);
      if (!known && this.#folder.exists(name)) await ghost.use("themeLoader").loadOneTheme(name);
    } catch (error) {
      log.error(`The theme "${name}" could not be brought up to date; the one on disk is used`, error);
    }
  }

  async #reload(): Promise<void> {
    const { ghost } = this.#surroundings;
    const { changed } = this.#store;
    const { failures, seen } = await this.#queue.run(async () => {
      const failed = await this.#store.pullAll();
      if (changed.size > 0) await this.#loadList();
      return { failures: failed, seen: [...changed] };
    });
    const active = String(ghost.use("settingsCache").get("active_theme"));
    if (seen.includes(active)) await mountTheme(ghost);
    for (const name of seen) changed.delete(name);
    if (failures.length > 0) throw new Error(failures.map(reasonOf).join("; "));
  }

  /** Ghost looks at the whole folder once, at the end of its boot. */
  #loadAll(): Promise<void> {
    const { log } = this.#surroundings;
    return this.#queue.run(async () => {
      const failures = await this.#store.pullAll().catch((error: unknown) => [error]);
      for (const error of failures) log.error("A theme could not be brought up to date", error);
      await this.#loadList();
    });
  }

  async #loadList(): Promise<void> {
    const list = this.#surroundings.ghost.use("themeList");
    await this.#loadAllThemes();
    // Ghost deletes what it has replaced without waiting for it
    for (const name of Object.keys(list.getAll())) if (isGhostsLeftover(name)) list.del(name);
  }
}

/** As Ghost's storage of themes names what it unpacks. */
function themeNameOf(zipName: string): string {
  return (zipName.split(".zip")[0] ?? "").replaceAll(/[^\w@.]/g, "-");
}
