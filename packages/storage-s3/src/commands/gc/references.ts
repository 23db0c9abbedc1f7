import { decodings } from "./decodings.ts";
import { escapeRegExp } from "./escape.ts";
import { normalize, withoutCompanion, withoutSize } from "./family.ts";

/** Text that is read again with the next piece: longer than any path, however it is encoded. */
const OVERLAP = 16 * 1024;

/** Where a name may end in the text that follows; inside of a name nothing ends. */
const BOUNDARY = /(?![A-Za-z0-9_-])/g;

/** `size/w600/format/webp/` before the path itself. */
const SIZE_ALLOWANCE = 64;

/**
 * Finds out which families of files a text names. It does not guess where a path ends, as names may hold spaces and
 * brackets: it takes the text behind `content/images/` and asks whether a known family begins there.
 */
export class References {
  /** Families that were named. */
  readonly named = new Set<string>();
  /** Places at which the text spoke of uploads at all, known or not. */
  mentions = 0;
  readonly #families: ReadonlySet<string>;
  readonly #window: number;
  readonly #marker: RegExp;
  #rest = "";

  /**
   * @param families of the objects in the bucket, as {@link familyOf} calls them
   * @param prefixes of the features in use, as in `content/images`
   */
  constructor(families: ReadonlySet<string>, prefixes: readonly string[]) {
    this.#families = families;
    let longest = 0;
    for (const family of families) longest = Math.max(longest, family.length);
    this.#window = longest + SIZE_ALLOWANCE;
    const roots = [...new Set(["content/images", "content/media", "content/files", ...prefixes])].map(escapeRegExp);
    // A year and a month are enough: themes and custom code put the rest of the URL together in their own ways.
    this.#marker = new RegExp(String.raw`(?:${roots.join("|")})\/|\d{4}\/\d{2}\/`, "g");
  }

  /** Looks through a text that is complete. */
  read(text: string): void {
    // Nothing of an upload is as short, and most columns are.
    if (text.length < 4) return;
    for (const decoded of decodings(text)) this.#scan(normalize(decoded));
  }

  /** Looks through the next piece of a text that is too long to be held at once. */
  readPiece(piece: string): void {
    const text = this.#rest + piece;
    this.read(text);
    this.#rest = text.slice(-OVERLAP);
  }

  /** The next piece begins another text. */
  endPieces(): void {
    this.#rest = "";
  }

  #scan(text: string): void {
    let last = -1;
    for (const match of text.matchAll(this.#marker)) {
      const isDate = /^\d{4}\//.test(match[0]);
      if (!isDate) this.mentions += 1;
      const start = isDate ? match.index : match.index + match[0].length;
      if (start !== last) this.#match(text.slice(start, start + this.#window));
      last = start;
    }
  }

  #match(window: string): void {
    const path = withoutSize(window.replaceAll(/\/{2,}/g, "/").replace(/^\//, ""));
    for (const { index } of path.matchAll(BOUNDARY)) {
      const stem = path.slice(0, index);
      if (this.#families.has(stem)) this.named.add(stem);
      const bare = withoutCompanion(stem);
      if (bare !== stem && this.#families.has(bare)) this.named.add(bare);
    }
  }
}
