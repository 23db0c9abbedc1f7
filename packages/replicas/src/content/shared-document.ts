import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { digestOf, type Facet } from "../coherence/facet.ts";
import { reasonOf } from "../failure.ts";
import { Queue } from "../queue.ts";
import type { Surroundings } from "../surroundings.ts";
import { notShared } from "./ghost-error.ts";
import { sha256, UnusableObject, type ObjectKind, type Objects } from "./objects.ts";
import type { Pointer, Pointers } from "./pointers.ts";

export interface DocumentOptions extends ObjectKind {
  /** Where Ghost reads and writes it on this replica. */
  readonly path: string;
  /** An older file that Ghost would read in its place. */
  readonly obsolete?: string;
  /** Makes Ghost read it again. */
  readonly apply: () => Promise<void>;
}

export interface DocumentParts {
  readonly surroundings: Surroundings;
  readonly pointers: Pointers;
  readonly objects: Objects;
}

/** A file of Ghost's that is the same on all replicas: the bucket has it, the disk has a copy. */
export class SharedDocument {
  readonly facet: Facet;
  readonly #surroundings: Surroundings;
  readonly #pointers: Pointers;
  readonly #objects: Objects;
  readonly #options: DocumentOptions;
  readonly #queue = new Queue();
  /** SHA-256 of the file that Ghost's memory is made of; undefined where that is none of the bucket's. */
  #applied: string | undefined;

  constructor({ surroundings, pointers, objects }: DocumentParts, options: DocumentOptions) {
    this.#surroundings = surroundings;
    this.#pointers = pointers;
    this.#objects = objects;
    this.#options = options;
    this.facet = {
      name: options.kind,
      sql: `SELECT ${digestOf("name, COALESCE(digest, ''), changed_at")} AS digest, MAX(changed_at) AS changed_at
        FROM replicas_content WHERE name = '${options.kind}'`,
      reload: () => this.#reload(),
    };
  }

  /** Stores a new text, tells all replicas, and then has it written here. */
  replace(text: string, writeHere: () => Promise<void>): Promise<void> {
    const { kind } = this.#options;
    return this.#queue.run(async () => {
      try {
        const digest = await this.#objects.put(this.#options, Buffer.from(text));
        await this.#pointers.announce(kind, digest);
      } catch (error) {
        throw notShared(this.#surroundings.ghost, `The file of ${kind}`, error);
      }
      await writeHere();
      this.#applied = sha256(Buffer.from(text));
    });
  }

  /** Has Ghost read the newest file there is; when that cannot be had, the one on disk. */
  read<Result>(readHere: () => Promise<Result>): Promise<Result> {
    return this.#queue.run(async () => {
      await this.#pull().catch((error: unknown) => {
        this.#surroundings.log.error(`The file of ${this.#options.kind} could not be brought up to date`, error);
      });
      return readHere();
    });
  }

  /** Brings the disk up to date before Ghost reads it. */
  pull(): Promise<void> {
    return this.#queue.run(async () => {
      this.#applied = await this.#pull();
    });
  }

  async #reload(): Promise<void> {
    const digest = await this.#queue.run(() => this.#pull());
    if (digest === this.#applied) return;
    await this.#options.apply();
    this.#applied = digest;
  }

  /** @returns the digest of the file on disk, as far as it is one of the bucket's */
  async #pull(): Promise<string | undefined> {
    const pointer = await this.#pointers.get(this.#options.kind);
    if (!pointer) return undefined;
    const here = await this.#digestHere();
    const { digest } = pointer;
    if (digest === null) {
      await rm(this.#options.path, { force: true });
      return undefined;
    }
    if (here === digest) return digest;
    await this.#write(await this.#fetch(digest, pointer, here === undefined));
    return digest;
  }

  async #fetch(digest: string, { previousDigest }: Pointer, isFirst: boolean): Promise<Buffer> {
    try {
      return await this.#objects.get(this.#options, digest);
    } catch (error) {
      // the one before is better than none
      if (error instanceof UnusableObject && isFirst && previousDigest !== null && previousDigest !== digest) {
        await this.#write(await this.#objects.get(this.#options, previousDigest));
        this.#surroundings.log.warn(`The version before the current one is used: ${reasonOf(error)}`);
      }
      throw error;
    }
  }

  async #digestHere(): Promise<string | undefined> {
    const { path, obsolete } = this.#options;
    if (obsolete !== undefined && (await contentOf(obsolete)) !== undefined) return undefined;
    const content = await contentOf(path);
    return content && sha256(content);
  }

  /** There is always a whole file under the name. */
  async #write(content: Buffer): Promise<void> {
    const { path, obsolete } = this.#options;
    const part = `${path}.${randomUUID()}`;
    await mkdir(dirname(path), { recursive: true });
    try {
      await writeFile(part, content);
      await rename(part, path);
    } finally {
      await rm(part, { force: true });
    }
    if (obsolete !== undefined && (await contentOf(obsolete)) !== undefined) {
      await rename(obsolete, `${obsolete}.replaced`);
    }
  }
}

async function contentOf(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
