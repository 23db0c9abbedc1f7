import { EXIT, Failure } from "../failure.ts";

/** A piece of a dump. */
export interface Piece {
  readonly kind: "comment" | "rows" | "statement";
  /** Without the delimiter, but for rows: those end with `;`. */
  readonly text: Buffer;
}

const INSERT = Buffer.from("INSERT INTO `");
const DELIMITER = Buffer.from("DELIMITER ");

const NEWLINE = 0x0a;
const SEMICOLON = 0x3b;
const BACKSLASH = 0x5c;
const SLASH = 0x2f;
const STAR = 0x2a;
const BANG = 0x21;
const DASH = 0x2d;
const HASH = 0x23;
const QUOTES: ReadonlySet<number> = new Set([0x27, 0x22, 0x60]);
const BACKTICK = 0x60;
const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0d, NEWLINE]);

/** What the text at a position needs before it can be told what it is. */
const LONGEST_START = INSERT.length;

/**
 * Cuts the text of a dump into statements while it passes, as the client `mysql` does: it follows quotes, comments and
 * DELIMITER. Rows have a short way: mysqldump writes an INSERT as one line, with line breaks inside of values escaped.
 * It holds one statement at a time, so that the longest one decides about memory.
 */
export class Splitter {
  #pending: Buffer = Buffer.alloc(0);
  /** What came behind `#pending` and does not end the line that is waited for: a row of 100 MiB is put together once. */
  #later: Buffer[] = [];
  #waitsForLine = false;
  /** Where the search in `#pending` goes on when more has come. */
  #at = 0;
  #delimiter: Buffer = Buffer.from(";");
  #state: State = { inside: "text" };
  #escapes = true;

  /** The pieces that are whole with these bytes. */
  *push(chunk: Buffer): Generator<Piece> {
    this.#later.push(chunk);
    if (this.#waitsForLine && !chunk.includes(NEWLINE)) return;
    this.#join();
    yield* this.#cut(false);
  }

  /**
   * The pieces that are left at the end.
   * @throws {Failure} when the dump ends in the middle of a statement
   */
  *end(): Generator<Piece> {
    this.#join();
    yield* this.#cut(true);
    if (this.#pending.length > 0) throw truncated();
  }

  #join(): void {
    this.#waitsForLine = false;
    const [only] = this.#later;
    if (only === undefined) return;
    const alone = this.#pending.length === 0 && this.#later.length === 1;
    this.#pending = alone ? only : Buffer.concat([this.#pending, ...this.#later]);
    this.#later = [];
  }

  *#cut(last: boolean): Generator<Piece> {
    for (;;) {
      if (this.#at === 0) this.#skipBlanks();
      if (this.#pending.length === 0 || (this.#at === 0 && this.#pending.length < LONGEST_START && !last)) return;
      const piece = this.#at === 0 ? this.#begin(last) : this.#statement();
      if (piece === undefined) return;
      if (piece !== null) yield piece;
    }
  }

  #skipBlanks(): void {
    let start = 0;
    while (start < this.#pending.length && BLANKS.has(this.#pending[start] as number)) start += 1;
    if (start > 0) this.#pending = this.#pending.subarray(start);
  }

  /** @returns undefined when more is needed, null when there is nothing to tell of it */
  #begin(last: boolean): Piece | null | undefined {
    const text = this.#pending;
    if (startsWith(text, INSERT)) return this.#line("rows", last);
    if ((text[0] === DASH && text[1] === DASH) || text[0] === HASH) return this.#line("comment", last);
    if (startsWith(text, DELIMITER)) {
      const line = this.#line("statement", last);
      if (line) this.#delimiter = Buffer.from(line.text.subarray(DELIMITER.length).toString("latin1").trim(), "latin1");
      return line && null;
    }
    if (text[0] === SLASH && text[1] === STAR && text[2] !== BANG) {
      const end = text.indexOf("*/", 2, "latin1");
      return end === -1 ? undefined : { kind: "comment", text: this.#take(end + 2) };
    }
    return this.#statement();
  }

  #line(kind: Piece["kind"], last: boolean): Piece | undefined {
    const end = this.#pending.indexOf(NEWLINE);
    if (end === -1) {
      this.#waitsForLine = true;
      if (!last) return undefined;
      // rows without their end are no rows; a comment may be the last line without a line break
      return kind === "rows" ? undefined : { kind, text: this.#take(this.#pending.length) };
    }
    const text = this.#take(end);
    return { kind, text };
  }

  #statement(): Piece | null | undefined {
    const text = this.#pending;
    const { length } = this.#delimiter;
    for (let at = this.#at; ;) {
      if (at >= text.length) return this.#wait(at);
      if (this.#state.inside === "text" && text[at] === this.#delimiter[0]) {
        if (at + length > text.length) return this.#wait(at);
        if (text.subarray(at, at + length).equals(this.#delimiter)) return this.#whole(at);
      }
      const next = this.#step(text, at);
      if (next === undefined) return this.#wait(at);
      at = next;
    }
  }

  /** The search goes on here when more has come. */
  #wait(at: number): undefined {
    this.#at = at;
  }

  /** @returns the next place to look at; undefined when the bytes behind this one decide */
  #step(text: Buffer, at: number): number | undefined {
    const byte = text[at] as number;
    switch (this.#state.inside) {
      case "text":
        return this.#enter(text, at, byte);
      case "quote":
        // a doubled quote ends a string and begins the next one, which comes to the same
        if (byte === BACKSLASH && this.#escapes && this.#state.quote !== BACKTICK) {
          return at + 1 < text.length ? at + 2 : undefined;
        }
        if (byte === this.#state.quote) this.#state = { inside: "text" };
        return at + 1;
      case "line":
        if (byte === NEWLINE) this.#state = { inside: "text" };
        return at + 1;
      case "comment":
        if (byte === STAR && at + 1 >= text.length) return undefined;
        if (byte === STAR && text[at + 1] === SLASH) this.#state = { inside: "text" };
        return at + 1;
    }
  }

  /** What a byte between words and signs begins: a string or a name, a comment, or nothing. */
  #enter(text: Buffer, at: number, byte: number): number | undefined {
    if (QUOTES.has(byte)) this.#state = { inside: "quote", quote: byte };
    else if (byte === HASH) this.#state = { inside: "line" };
    else if (byte === SLASH || byte === DASH) {
      if (at + 2 >= text.length) return undefined;
      const [second, third] = [text[at + 1], text[at + 2] as number];
      // between /*! and its end there are statements
      if (byte === SLASH && second === STAR && third !== BANG) this.#state = { inside: "comment" };
      else if (byte === DASH && second === DASH && BLANKS.has(third)) this.#state = { inside: "line" };
    }
    return at + 1;
  }

  #whole(end: number): Piece | null {
    const text = trimEnd(this.#take(end));
    this.#pending = this.#pending.subarray(this.#delimiter.length);
    if (text.length === 0) return null;
    this.#followMode(text);
    return { kind: "statement", text };
  }

  /** A routine that was made in this mode has backslashes that mean nothing. */
  #followMode(text: Buffer): void {
    if (text.length > 1000) return;
    const [, mode] = /SET\s+(?:@@session\.)?sql_mode\s*=\s*'([^']*)'/i.exec(text.toString("latin1")) ?? [];
    if (mode !== undefined) this.#escapes = !mode.includes("NO_BACKSLASH_ESCAPES");
  }

  #take(end: number): Buffer {
    const text = this.#pending.subarray(0, end);
    this.#pending = this.#pending.subarray(end);
    this.#at = 0;
    this.#state = { inside: "text" };
    return text;
  }
}

type State = { readonly inside: "text" | "comment" | "line" } | { readonly inside: "quote"; readonly quote: number };

const startsWith = (text: Buffer, start: Buffer): boolean =>
  text.length >= start.length && text.subarray(0, start.length).equals(start);

function trimEnd(text: Buffer): Buffer {
  let end = text.length;
  while (end > 0 && BLANKS.has(text[end - 1] as number)) end -= 1;
  return text.subarray(0, end);
}

export const isRowsEnd = (text: Buffer): boolean => text.at(-1) === SEMICOLON;

function truncated(): Failure {
  return new Failure("The dump ends in the middle of a statement.", {
    effect: "It is not whole, and no backup; earlier ones are untouched.",
    next: "Look for what ended mysqldump early; the lines before this one say it.",
    exitCode: EXIT.failed,
  });
}
