import { randomInt } from "node:crypto";
import { posix } from "node:path";
import { LRUCache } from "lru-cache";
import { isOriginal } from "./content-type.ts";
import { log } from "./log.ts";

/**
 * Longest file name in bytes of UTF-8. File systems behind S3 servers end at 255; `_thumb`, `-<suffix>` and `_o`
 * must still fit.
 */
const MAX_NAME_BYTES = 220;

/** Letters of a random suffix: none that can be mistaken for another. */
const ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz";
const SUFFIX_LENGTH = 6;

/** Random names that are tried before an upload gives up; one alone has a chance of 1 in 800 million to be taken. */
const RANDOM_TRIES = 3;

/** Bases whose next number is remembered. */
const REMEMBERED = 10_000;

/** A file's wish for a name. */
export interface NameParts {
  readonly directory: string;
  readonly stem: string;
  readonly extension: string;
}

/** How the names of one feature are found. */
export interface NameSource {
  /** First page of what the bucket holds under paths that begin so; `more` when there is more. */
  listPaths(start: string): Promise<{ paths: readonly string[]; more: boolean }>;
}

/**
 * Ghost's sanitiser turns every letter outside of ASCII into "-". Letters, marks and digits of all scripts are safe in
 * keys and, encoded, in URLs; so `город.png` keeps its name.
 */
export function sanitize(name: string): string {
  return fromLatin1(name)
    .normalize("NFC")
    .replace(/[^\p{L}\p{M}\p{N}_@.]/gu, "-");
}

/** Form parsers hand over UTF-8 names as Latin-1; real Latin-1 with letters beyond ASCII is hardly ever valid UTF-8. */
function fromLatin1(name: string): string {
  const codes = Array.from(name, (character) => character.codePointAt(0) ?? 0);
  if (codes.every((code) => code < 0x80) || codes.some((code) => code > 0xff)) return name;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(name, "latin1"));
  } catch {
    return name;
  }
}

/** Takes a file name apart as Ghost does: `.1` and `.342` are no extensions, `.mp4` is. */
export function nameParts(fileName: string, directory: string): NameParts {
  const extension = posix.extname(fileName);
  const real = /\.\d+$/.test(extension) ? "" : extension;
  const stem = sanitize(posix.basename(fileName, real));
  const cleanExtension = sanitize(real);
  return {
    directory,
    stem: shorten(stem, MAX_NAME_BYTES - Buffer.byteLength(cleanExtension)) || "-",
    extension: cleanExtension,
  };
}

function shorten(text: string, maxBytes: number): string {
  let short = text;
  while (Buffer.byteLength(short) > maxBytes) short = [...short].slice(0, -1).join("");
  return short;
}

const join = ({ directory, stem, extension }: NameParts, suffix = ""): string =>
  posix.join(directory, `${stem}${suffix}${extension}`);

/** Finds names that nobody uses. */
export class Names {
  readonly #source: NameSource;
  /** The next number for a name that is known to be taken. */
  readonly #numbers = new LRUCache<string, { next: number }>({ max: REMEMBERED });
  readonly #lookups = new Map<string, Promise<{ next: number } | undefined>>();

  constructor(source: NameSource) {
    this.#source = source;
  }

  /**
   * Paths for a file in the order in which they are to be tried: the name itself, the next free number, and random
   * ones. The next number is asked of the bucket only when the caller comes back for it.
   */
  async *candidates(parts: NameParts): AsyncGenerator<string> {
    yield join(parts);
    // One more look: between the listing and the write another process may have taken the number.
    for (let look = 0; look < 2; look += 1) {
      const number = await this.#number(parts, look > 0);
      if (number === undefined) break;
      yield join(parts, `-${number}`);
    }
    for (let i = 0; i < RANDOM_TRIES; i += 1) yield this.random(parts);
  }

  /** A name that is unique by its making, for stores that cannot refuse a taken one. */
  random(parts: NameParts): string {
    const suffix = Array.from({ length: SUFFIX_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
    return isOriginal(`${parts.stem}${parts.extension}`)
      ? join({ ...parts, stem: parts.stem.replace(/_o$/, "") }, `-${suffix}_o`)
      : join(parts, `-${suffix}`);
  }

  async #number(parts: NameParts, again: boolean): Promise<number | undefined> {
    const base = join(parts);
    if (again) this.#numbers.delete(base);
    const known = this.#numbers.get(base) ?? (await this.#lookUp(base, parts));
    if (!known) return undefined;
    known.next += 1;
    return known.next - 1;
  }

  /** One listing for all who ask at the same time. */
  #lookUp(base: string, parts: NameParts): Promise<{ next: number } | undefined> {
    let lookup = this.#lookups.get(base);
    if (!lookup) {
      lookup = this.#nextInBucket(parts)
        .then((next) => {
          if (next === undefined) return undefined;
          const entry = { next };
          this.#numbers.set(base, entry);
          return entry;
        })
        .finally(() => this.#lookups.delete(base));
      this.#lookups.set(base, lookup);
    }
    return lookup;
  }

  async #nextInBucket(parts: NameParts): Promise<number | undefined> {
    try {
      const { paths, more } = await this.#source.listPaths(join({ ...parts, extension: "" }, "-"));
      // Keys come in the order of letters: with more than a page the highest number may not be on it.
      if (more) return undefined;
      const start = join({ ...parts, extension: "" }, "-").length;
      const numbers = paths
        .filter((path) => path.endsWith(parts.extension))
        .map((path) => path.slice(start, path.length - parts.extension.length))
        .filter((middle) => /^\d{1,9}$/.test(middle))
        .map(Number);
      return Math.max(0, ...numbers) + 1;
    } catch (error) {
      // Without s3:ListBucket numbers cannot be known; random names need no permission.
      log("warn", "cannot list names, taking a random one", {
        operation: "ListObjectsV2",
        error: (error as Error).name,
      });
      return undefined;
    }
  }
}
