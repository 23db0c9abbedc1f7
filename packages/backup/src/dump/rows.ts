import { hash } from "node:crypto";
import { EXIT, Failure } from "../failure.ts";

const QUOTE = 0x27;
const BACKSLASH = 0x5c;
const OPEN = 0x28;
const CLOSE = 0x29;
const COMMA = 0x2c;
const SEMICOLON = 0x3b;

const PREFIX = "INSERT INTO `";

const WORDS = 4;
const WORD = 2 ** 32;

/** Rows, their text's length, and a checksum that does not depend on their order. */
export interface RowSum {
  readonly rows: number;
  readonly bytes: number;
  /** 32 hexadecimal digits. */
  readonly checksum: string;
}

/**
 * Adds up rows of one table: the first 128 bits of the SHA-256 of each row's text, modulo 2^128. A sum, because a
 * table without a primary key has no order that survives a parallel load; not an exclusive or, in which two equal rows
 * would cancel each other out.
 */
export class RowSummer {
  #rows = 0;
  #bytes = 0;
  readonly #sum = new Float64Array(WORDS);

  add(row: Buffer): void {
    const digest = hash("sha256", row, "buffer");
    let carry = 0;
    for (let word = 0; word < WORDS; word += 1) {
      const total = (this.#sum[word] as number) + digest.readUInt32LE(word * 4) + carry;
      carry = total >= WORD ? 1 : 0;
      this.#sum[word] = carry ? total - WORD : total;
    }
    this.#rows += 1;
    this.#bytes += row.length;
  }

  result(): RowSum {
    const words = [...this.#sum].toReversed().map((word) => word.toString(16).padStart(8, "0"));
    return { rows: this.#rows, bytes: this.#bytes, checksum: words.join("") };
  }
}

/** The table that an INSERT is for, and where its rows begin. */
export function readInsert(line: Buffer): { table: string; from: number } {
  let end = PREFIX.length;
  while (line[end] !== 0x60 || line[end + 1] === 0x60) {
    if (end >= line.length) throw unreadable(line);
    end += line[end] === 0x60 ? 2 : 1;
  }
  const table = line.toString("utf8", PREFIX.length, end).replaceAll("``", "`");
  // with a list of columns when some of them take no values; a name in it may hold anything but its own end
  let at = end + 1;
  let inName = false;
  for (; at < line.length; at += 1) {
    if (line[at] === 0x60) inName = !inName;
    else if (!inName && line[at] === 0x56 && line.toString("latin1", at, at + 7) === "VALUES ") {
      return { table, from: at + 7 };
    }
  }
  throw unreadable(line);
}

/**
 * Adds every row of an INSERT to a sum.
 * @throws {Failure} when the line is not made as mysqldump makes it: then nothing that was counted can be trusted
 */
export function sumRows(line: Buffer, from: number, summer: RowSummer): void {
  let at = from;
  for (;;) {
    if (line[at] !== OPEN) throw unreadable(line);
    const end = endOfRow(line, at + 1);
    summer.add(line.subarray(at, end));
    if (line[end] === SEMICOLON && end === line.length - 1) return;
    if (line[end] !== COMMA) throw unreadable(line);
    at = end + 1;
  }
}

function endOfRow(line: Buffer, from: number): number {
  const { length } = line;
  let at = from;
  while (at < length) {
    const byte = line[at];
    at += 1;
    if (byte === CLOSE) return at;
    if (byte === QUOTE) at = endOfString(line, at);
  }
  throw unreadable(line);
}

function endOfString(line: Buffer, from: number): number {
  const { length } = line;
  let at = from;
  while (at < length) {
    const byte = line[at];
    if (byte === BACKSLASH) at += 2;
    else if (byte === QUOTE) return at + 1;
    else at += 1;
  }
  throw unreadable(line);
}

/** Never shows the line: it holds the blog's own data. */
function unreadable(line: Buffer): Failure {
  return new Failure(`An INSERT of ${line.length} bytes in the dump cannot be read.`, {
    effect: "The dump is not whole, or of a kind that this program does not know.",
    next: "Compare the versions of mysqldump and of the server; the README names those that were tested.",
    exitCode: EXIT.mismatch,
  });
}
