import { setTimeout as sleep } from "node:timers/promises";
import { performance } from "node:perf_hooks";
import type { ObjectKind, Objects } from "../content/objects.ts";
import type { Pointers } from "../content/pointers.ts";
import type { AdminManifest } from "./admin-files.ts";

export const ADMIN_PREFIX = "admin:";

/** More versions than are ever served at once. */
const VERSIONS = 4;

/** Requests for files that nobody knows lead to no more than one look in this time. */
const LOOK_MS = 500;

const FILE: ObjectKind = {
  kind: "admin",
  contentType: "application/octet-stream",
  key: (digest) => `admin/files/${digest}`,
};

const MANIFEST: ObjectKind = {
  kind: "admin",
  contentType: "application/json",
  key: (digest) => `admin/manifests/${digest}.json`,
};

/** The files of the admins of all versions that lie in the bucket. */
export class AdminShelf {
  readonly #objects: Objects;
  readonly #pointers: Pointers;
  readonly #manifests = new Map<string, AdminManifest>();
  readonly #reading = new Map<string, Promise<Buffer>>();
  #looking: Promise<void> | undefined;
  #lookedAt = -Infinity;

  constructor(objects: Objects, pointers: Pointers) {
    this.#objects = objects;
    this.#pointers = pointers;
  }

  /** The digest of a file by its name; looks for versions that have come since when it knows none. */
  async find(name: string): Promise<string | undefined> {
    const known = this.#known(name);
    if (known !== undefined) return known;
    await this.look();
    return this.#known(name);
  }

  /** Takes note of what lies in the bucket now. All who ask within half a second share one look that is yet to come. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Digests of all files that are known to lie there. */
  digests(): Set<string> {
    return new Set([...this.#manifests.values()].flatMap((manifest) => Object.values(manifest)));
  }

  /** All who ask for a file at the same time share one download. */
  read(digest: string): Promise<Buffer> {
    const reading = this.#reading.get(digest);
    if (reading) return reading;
    const bytes = this.#objects.get(FILE, digest).finally(() => this.#reading.delete(digest));
    this.#reading.set(digest, bytes);
    return bytes;
  }

  async put(bytes: Uint8Array): Promise<void> {
    await this.#objects.put(FILE, bytes);
  }

  /** Makes a version known, all of whose files lie there. */
  async announce(version: string, manifest: AdminManifest): Promise<void> {
    const digest = await this.#objects.put(MANIFEST, Buffer.from(JSON.stringify(manifest)));
    await this.#pointers.announce(ADMIN_PREFIX + version, digest);
    this.#manifests.set(digest, manifest);
  }

  async isAnnounced(version: string): Promise<boolean> {
    return (await this.#pointers.get(ADMIN_PREFIX + version))?.digest != null;
  }

  /** Whether a version was announced and its list of files lies there, as it does not in a bucket that is new. */
  async has(version: string): Promise<boolean> {
    const pointer = await this.#pointers.get(ADMIN_PREFIX + version);
    return pointer?.digest != null && (await this.#objects.has(MANIFEST, pointer.digest));
  }

  #known(name: string): string | undefined {
    for (const manifest of this.#manifests.values()) {
      if (Object.hasOwn(manifest, name)) return manifest[name];
    }
    return undefined;
  }

  async #look(): Promise<void> {
    await sleep(Math.max(0, this.#lookedAt + LOOK_MS - performance.now()));
    this.#lookedAt = performance.now();
    const pointers = await this.#pointers.below(ADMIN_PREFIX);
    const newest = pointers.toSorted((a, b) => b.changedAt.getTime() - a.changedAt.getTime()).slice(0, VERSIONS);
    for (const { digest } of newest) {
      if (digest === null || this.#manifests.has(digest)) continue;
      this.#manifests.set(digest, JSON.parse((await this.#objects.get(MANIFEST, digest)).toString()) as AdminManifest);
    }
  }
}
