import { createReadStream } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { createHash } from "node:crypto";
import { extname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Ghost } from "../ghost/ghost.ts";

/** Where Ghost's build of its admin lies, below Ghost's root. */
const FOLDER = "core/built/admin";

/** Vite writes `name-<8 characters>.js`, Ember `name-<32 hex digits>.js`, webpack `chunk.1.<20 hex digits>.js`. */
const HASHED = /(?:-[\w-]{8}|-[0-9a-f]{32}|\.[0-9a-f]{20})\.[a-z0-9]+$/;

/** The admin's configuration has so many hex digits of the SHA-256 of a file whose name has no hash. */
const VERSION_LENGTH = 10;

/** What lies there of one version and may be sent to a browser. */
export const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=UTF-8",
  ".ico": "image/x-icon",
  ".jpg": "image/jpeg",
  ".js": "application/javascript; charset=UTF-8",
  ".mp4": "video/mp4",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".ttf": "font/ttf",
  ".txt": "text/plain; charset=UTF-8",
  ".woff2": "font/woff2",
};

/** Names as an address has them; nothing that leads elsewhere. */
const NAME = /^(?!.*\.\.)[\w@.-]+(?:\/[\w@.-]+)*$/;

/** SHA-256 of each file by its name: with a hash in it, or with `?v=` and a hash behind it. */
export type AdminManifest = Readonly<Record<string, string>>;

export function isAdminFileName(name: string): boolean {
  return NAME.test(name) && extname(name) in CONTENT_TYPES;
}

/** Whether a name says what is in the file, so that two versions never mean different files by it. */
export function isHashed(name: string): boolean {
  return HASHED.test(name);
}

export function versionedName(name: string, version: string): string {
  return `${name}?v=${version}`;
}

/** The files of this Ghost's admin. */
export class AdminFiles {
  readonly #folder: string;
  readonly #versions = new Map<string, Promise<string>>();
  #names: Promise<ReadonlySet<string>> | undefined;

  constructor(ghost: Ghost) {
    this.#folder = join(ghost.root, FOLDER);
  }

  /** The same for two Ghosts exactly if their admins are: its page names the files that it begins with. */
  async fingerprint(): Promise<string> {
    return createHash("sha256")
      .update(await readFile(join(this.#folder, "index.html")))
      .digest("hex");
  }

  names(): Promise<ReadonlySet<string>> {
    this.#names ??= this.#readNames().catch((error: unknown) => {
      this.#names = undefined;
      throw error;
    });
    return this.#names;
  }

  async manifest(): Promise<AdminManifest> {
    const manifest: Record<string, string> = {};
    for (const name of [...(await this.names())].filter(isAdminFileName).toSorted()) {
      // of the others the browser asks for scripts alone with a version
      if (!isHashed(name) && extname(name) !== ".js") continue;
      const digest = await this.#digest(name);
      manifest[isHashed(name) ? name : versionedName(name, digest.slice(0, VERSION_LENGTH))] = digest;
    }
    return manifest;
  }

  read(name: string): Promise<Buffer> {
    return readFile(this.#path(name));
  }

  /** As this Ghost's admin would have it behind `?v=`. */
  version(name: string): Promise<string> {
    const known = this.#versions.get(name);
    if (known) return known;
    const version = this.#digest(name).then((digest) => digest.slice(0, VERSION_LENGTH));
    this.#versions.set(name, version);
    version.catch(() => this.#versions.delete(name));
    return version;
  }

  async #readNames(): Promise<ReadonlySet<string>> {
    return new Set(await readdir(join(this.#folder, "assets"), { recursive: true }));
  }

  async #digest(name: string): Promise<string> {
    const hash = createHash("sha256");
    await pipeline(createReadStream(this.#path(name)), hash);
    return hash.digest("hex");
  }

  #path(name: string): string {
    return join(this.#folder, "assets", name.replace(/\?v=.*$/, ""));
  }
}
