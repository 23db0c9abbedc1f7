import { splice, type Slice, type Source } from "../upload/source.ts";
import { MalformedError } from "./malformed.ts";

/** A real photo needs about ten. Each costs memory and time at every read, and a hostile file could ask for millions. */
const MAX_EDITS = 4096;

/** Blank stretches share one block of zeros, so that a long one costs no memory. */
const ZEROS = 64 * 1024;

interface Edit {
  readonly from: number;
  readonly length: number;
  readonly slices: readonly Slice[];
}

/** What is to change in a source; the source itself is never touched. */
export class Edits {
  readonly #source: Source;
  readonly #removed = new Set<string>();
  #edits: Edit[] = [];

  constructor(source: Source) {
    this.#source = source;
  }

  /** The names of what was removed, each once, in the order of discovery. */
  get removed(): string[] {
    return [...this.#removed];
  }

  /** Takes bytes out; `name` is what a reader of a log understands by them. */
  drop(from: number, length: number, name: string): void {
    const last = this.#edits.at(-1);
    if (last && last.slices.length === 0 && last.from + last.length === from) {
      this.#edits[this.#edits.length - 1] = { from: last.from, length: last.length + length, slices: [] };
    } else {
      this.#add({ from, length, slices: [] });
    }
    this.#removed.add(name);
  }

  /** Puts other bytes in their place; without a name nothing counts as removed. */
  replace(from: number, length: number, bytes: Uint8Array, name?: string): void {
    this.#add({ from, length, slices: [{ bytes }] });
    if (name !== undefined) this.#removed.add(name);
  }

  /** Puts zeros in their place, for formats where other parts of the file count on every offset. */
  blank(from: number, length: number, name: string): void {
    if (length === 0) return;
    const zeros = new Uint8Array(Math.min(length, ZEROS));
    const slices: Slice[] = [];
    for (let left = length; left > 0; left -= zeros.byteLength) {
      slices.push({ bytes: zeros.subarray(0, Math.min(left, zeros.byteLength)) });
    }
    this.#add({ from, length, slices });
    this.#removed.add(name);
  }

  /** Drops all that follows, if anything does. */
  cut(from: number, name: string): void {
    if (from < this.#source.size) this.drop(from, this.#source.size - from, name);
  }

  /** By how much the source grows; negative when it shrinks. */
  get growth(): number {
    return this.#edits.reduce((sum, { length, slices }) => sum + sizeOf(slices) - length, 0);
  }

  /** Forgets every change. */
  reset(): void {
    this.#edits = [];
    this.#removed.clear();
  }

  /** The source with all changes; the very same object when there are none. */
  apply(): Source {
    if (this.#edits.length === 0) return this.#source;
    const slices: Slice[] = [];
    let kept = 0;
    for (const edit of this.#edits.toSorted((a, b) => a.from - b.from)) {
      if (edit.from < kept) throw new Error(`two edits overlap at byte ${edit.from}`);
      if (edit.from > kept) slices.push({ from: kept, length: edit.from - kept });
      slices.push(...edit.slices);
      kept = edit.from + edit.length;
    }
    if (kept < this.#source.size) slices.push({ from: kept, length: this.#source.size - kept });
    return splice(this.#source, slices);
  }

  #add(edit: Edit): void {
    if (this.#edits.length >= MAX_EDITS) throw new MalformedError(`more than ${MAX_EDITS} pieces of metadata`);
    this.#edits.push(edit);
  }
}

function sizeOf(slices: readonly Slice[]): number {
  return slices.reduce((sum, slice) => sum + ("bytes" in slice ? slice.bytes.byteLength : slice.length), 0);
}
