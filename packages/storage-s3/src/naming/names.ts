import { randomInt } from "node:crypto";
import { posix } from "node:path";
import { LRUCache } from "lru-cache";
import { isOriginal } from "../paths/original.ts";
import { log } from "../observation/log.ts";

/**
 * Longest file name in bytes of UTF-8. File systems behind S3 servers end at 255; `_thumb`, `-<suffix>` and `_o`
 * must still fit.
 */
const MAX_NAME_BYTES = 220;

/** What is longer is no extension but part of the name. */
const MAX_EXTENSION_BYTES = 32;

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
  return decoded(fromLatin1(name))
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

/** The name of a replaced thumbnail is taken from the URL of its video, percent-encoded as it stands there. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    // Not encoded: a "%" that belongs to the name.
    return name;
  }
}

/** Takes a file name apart as Ghost does: `.1` and `.342` are no extensions, `.mp4` is. */
export function nameParts(fileName: string, directory: string): NameParts {
  const extension = posix.extname(fileName);
  const real = /\.\d+$/.test(extension) || Buffer.byteLength(extension) > MAX_EXTENSION_BYTES ? "" : extension;
  const stem = sanitize(posix.basename(fileName, real)).replace(/^\.+$/, "-");
  const cleanExtension = sanitize(real);
  return {
    directory,
    stem: shortenStem(stem, MAX_NAME_BYTES - Buffer.byteLength(cleanExtension)) || "-",
    extension: cleanExtension,
  };
}

/** Ghost looks for `<name>_o` and `<name>_thumb` beside a name that was shortened before: the suffix must survive. */
function shortenStem(stem: string, maxBytes: number): string {
  const suffix = /_(?:o|thumb)$/.exec(stem)?.[0] ?? "";
  return shorten(stem.slice(0, stem.length - suffix.length), maxBytes) + suffix;
}

function shorten(text: string, maxBytes: number): string {
  let short = "";
  let bytes = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) break;
    short += character;
  }
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
   * @param lookFirst ask the bucket whether the name itself is taken, instead of trying it
   */
  async *candidates(parts: NameParts, lookFirst = false): AsyncGenerator<string> {
    if (!lookFirst || !(await this.#isListed(parts))) yield join(parts);
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
    const reached = this.#numbers.get(base)?.next ?? 1;
    if (again) this.#numbers.delete(base);
    const known = this.#numbers.get(base) ?? (await this.#lookUp(base, parts));
    if (!known) return undefined;
    // A number that was given out here may not be in the bucket yet.
    known.next = Math.max(known.next, reached);
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

  /** One listing tells of the name and of its numbers. */
  async #isListed(parts: NameParts): Promise<boolean> {
    const base = join(parts);
    const stem = join({ ...parts, extension: "" });
    const listing = await this.#list(stem);
    if (!listing) return false;
    const next = nextNumber(listing, `${stem}-`, parts.extension);
    this.#numbers.set(base, { next: Math.max(next, this.#numbers.get(base)?.next ?? 1) });
    return listing.includes(base);
  }

  async #nextInBucket(parts: NameParts): Promise<number | undefined> {
    const start = join({ ...parts, extension: "" }, "-");
    const listing = await this.#list(start);
    return listing && nextNumber(listing, start, parts.extension);
  }

  /** The paths that begin so; undefined when they cannot be known, or not all of them. */
  async #list(start: string): Promise<readonly string[] | undefined> {
    try {
      const { paths, more } = await this.#source.listPaths(start);
      // Keys come in the order of letters: with more than a page the highest number may not be on it.
      return more ? undefined : paths;
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

/** The number after the highest in use. */
function nextNumber(paths: readonly string[], start: string, extension: string): number {
  const numbers = paths
    .filter((path) => path.startsWith(start) && path.endsWith(extension))
    .map((path) => path.slice(start.length, path.length - extension.length))
    .filter((middle) => /^\d{1,9}$/.test(middle))
    .map(Number);
  return Math.max(0, ...numbers) + 1;
}
