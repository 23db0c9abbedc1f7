import { posix } from "node:path";
import { ConflictError, type GhostError } from "../errors.ts";
import { LRUCache } from "lru-cache";
import { Claims } from "./claims.ts";
import { isOriginal, withoutOriginal } from "../paths/original.ts";
import { isMutable } from "../preparation/content-type.ts";
import type { Keys } from "../paths/keys.ts";
import { nameParts, Names, type NameParts } from "./names.ts";
import type { Prepared } from "../preparation/preparation.ts";
import type { Store } from "../store/store.ts";
import type { Uploader } from "../upload/uploader.ts";

/** Images whose originals may follow. */
const RECENT = 1000;

export interface PlacementParts {
  readonly store: Store;
  readonly keys: Keys;
  readonly uploader: Uploader;
  /** Whether the store refuses to replace an object when it is asked to; for uploads in parts it may differ. */
  readonly conditionalWrites: (inParts: boolean) => Promise<boolean>;
  /** Whether that is known without asking the store. */
  readonly conditionalWritesKnown: () => boolean;
  /** Whether a path is in use. */
  readonly isThere: (path: string) => Promise<boolean>;
  /** Whether a file that is still to be migrated has this path. */
  readonly isLocal: (path: string) => Promise<boolean>;
  /** Whether this feature has originals. */
  readonly originals: boolean;
}

/** Finds each upload a name of its own and stores it there; no two uploads ever share one. */
export class Placement {
  readonly #parts: PlacementParts;
  readonly #names: Names;
  readonly #claims = new Claims();
  readonly #recent = new LRUCache<string, true>({ max: RECENT });

  constructor(parts: PlacementParts) {
    this.#parts = parts;
    const root = parts.keys.key("x").slice(0, -1);
    this.#names = new Names({
      listPaths: async (start) => {
        const { objects, next } = await parts.store.listPage(`${root}${start}`);
        return { paths: objects.map(({ key }) => key.slice(root.length)), more: next !== undefined };
      },
    });
  }

  /**
   * A free path for a file, kept for it: Ghost's importer writes the path into posts and saves the same object later.
   * @returns the path in the form of the given directory
   */
  async reserve(file: { name: string }, directory: string): Promise<string> {
    // Who names no file stores the only copy: it must not end as the hidden original of another image.
    const name = this.#parts.originals && !("path" in file) ? withoutOriginal(file.name) : file.name;
    const parts = nameParts(name, this.#folder(directory));
    const names = (await this.#parts.conditionalWrites(false))
      ? this.#names.candidates(parts)
      : [this.#names.random(parts)];
    for await (const path of names) {
      if (!this.#claims.reserve(path)) continue;
      let bound = false;
      try {
        bound = !(await this.#parts.isThere(path));
      } finally {
        if (!bound) this.#claims.release(path);
      }
      if (bound) {
        this.#claims.bind(file, path);
        return posix.join(directory, posix.basename(path));
      }
    }
    throw noFreeName(file.name);
  }

  /** The path that was reserved for this very object, once. */
  redeem(file: object): string | undefined {
    return this.#claims.redeem(file);
  }

  /** Redeems a reservation that was made for a name only; the media inliner comes back with the path. */
  redeemPath(path: string): boolean {
    const reserved = this.#claims.isReserved(path);
    this.#claims.release(path);
    return reserved;
  }

  release(path: string): void {
    this.#claims.release(path);
  }

  /** The path that a file would like to have. */
  wish(name: string, directory: string): string {
    return pathOf(nameParts(name, this.#folder(directory)));
  }

  /** Stores a file at exactly its reserved path. @throws {ConflictError} when somebody was faster */
  async storeReserved(path: string, prepared: Prepared): Promise<string> {
    try {
      if (await this.#storeNew(path, prepared, (await this.#conditionalWrites(prepared)).works)) return path;
    } finally {
      this.#claims.release(path);
    }
    throw new ConflictError({
      message: `Another import or replica took the name ${path} meanwhile. The file was not stored, and nothing was replaced.`,
      help: "Import again: it will find free names.",
    });
  }

  /** Stores a file at the path it would like, or at the next free one. @returns the path */
  async store(wish: string, prepared: Prepared): Promise<string> {
    const { keys, uploader, originals, isLocal } = this.#parts;
    if (originals && isOriginal(wish) && this.#recent.delete(withoutOriginal(wish))) {
      // Ghost looks for the original under exactly this name. The image it belongs to has just been stored by us
      // under a new name, so whatever lies here was left behind by an image that is gone.
      await uploader.upload(keys.key(wish), prepared.source, prepared.headers, false);
      return wish;
    }
    const { base, dir } = posix.parse(wish);
    const { known, works } = await this.#conditionalWrites(prepared);
    for await (const path of await this.#namesFor(nameParts(base, dir), known, works)) {
      if (!this.#claims.isFree(path) || (!isMutable(path) && (await isLocal(path)))) continue;
      if (!(await this.#storeNew(path, prepared, works))) continue;
      if (!isOriginal(path)) this.#recent.set(path, true);
      return path;
    }
    throw noFreeName(wish);
  }

  /** Without conditional writes only a name that nobody else can think of is safe from other replicas. */
  async #namesFor(parts: NameParts, known: boolean, works: boolean): Promise<AsyncIterable<string> | Iterable<string>> {
    // The first upload of a process has asked the store about conditional writes: its one look at the names saves the
    // attempt with a name that is taken.
    if (works) return this.#names.candidates(parts, !known);
    const random = [this.#names.random(parts), this.#names.random(parts)];
    // Ghost has just deleted the old thumbnail and expects the new one in its place.
    const wish = pathOf(parts);
    return isMutable(wish) && !(await this.#parts.isThere(wish)) ? [wish, ...random] : random;
  }

  async #conditionalWrites({ source }: Prepared): Promise<{ known: boolean; works: boolean }> {
    const known = this.#parts.conditionalWritesKnown();
    return { known, works: await this.#parts.conditionalWrites(this.#parts.uploader.isInParts(source)) };
  }

  async #storeNew(path: string, { source, headers }: Prepared, onlyNew: boolean): Promise<boolean> {
    if (!this.#claims.begin(path)) return false;
    try {
      const { uploader, keys } = this.#parts;
      return (await uploader.upload(keys.key(path), source, headers, onlyNew)) !== undefined;
    } finally {
      this.#claims.end(path);
    }
  }

  /** Importers hand in the folder with or without the feature's prefix, or `.` for its root. */
  #folder(directory: string): string {
    return posix.dirname(this.#parts.keys.path("x", directory));
  }
}

const pathOf = ({ directory, stem, extension }: NameParts): string => posix.join(directory, stem + extension);

const noFreeName = (name: string): GhostError =>
  new ConflictError({
    message: `No free name was found for "${name}". Nothing was stored.`,
    help: "Give the file another name.",
  });
