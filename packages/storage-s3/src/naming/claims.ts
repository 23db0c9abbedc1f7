import { recent } from "../recent.ts";

/** A reservation that nobody redeems, because an import failed, ends by itself. */
const RESERVED_MS = 10 * 60_000;
const RESERVED = 100_000;

/** Names that are spoken for within this process. */
export class Claims {
  /** Paths of uploads under way. */
  readonly #uploading = new Set<string>();
  /** Paths that Ghost was told before the upload: it has written them into posts. */
  readonly #reserved = recent(RESERVED, RESERVED_MS);
  readonly #byFile = new WeakMap<object, string>();

  isFree(path: string): boolean {
    return !this.#uploading.has(path) && !this.#reserved.has(path);
  }

  /** Keeps a path for an upload; false when another one has it. */
  begin(path: string): boolean {
    if (this.#uploading.has(path)) return false;
    this.#uploading.add(path);
    return true;
  }

  end(path: string): void {
    this.#uploading.delete(path);
  }

  reserve(path: string): boolean {
    if (!this.isFree(path)) return false;
    this.#reserved.set(path, true);
    return true;
  }

  /** Ties a reservation to the file object with which Ghost comes back. */
  bind(file: object, path: string): void {
    this.#byFile.set(file, path);
  }

  /** The path that was reserved for a file; it is redeemed with this. */
  redeem(file: object): string | undefined {
    const path = this.#byFile.get(file);
    this.#byFile.delete(file);
    return path;
  }

  isReserved(path: string): boolean {
    return this.#reserved.has(path);
  }

  release(path: string): void {
    this.#reserved.delete(path);
  }
}
