import type { Source } from "../upload/source.ts";
import { MalformedError } from "./malformed.ts";

/** Large enough for the longest JPEG segment (65,535 bytes and its marker), small enough for many uploads at once. */
export const WINDOW_SIZE = 72 * 1024;

/** Looks at a source of any size through one small buffer. */
export class Window {
  readonly size: number;
  readonly #source: Source;
  readonly #buffer: Buffer;
  #from = 0;
  #length = 0;

  constructor(source: Source) {
    this.size = source.size;
    this.#source = source;
    this.#buffer = Buffer.allocUnsafe(Math.min(source.size, WINDOW_SIZE));
  }

  /**
   * The `length` bytes at `offset`. They stand in the shared buffer: the next call may overwrite them.
   * @throws {MalformedError} when the source ends before, or more than a window is asked for
   */
  async view(offset: number, length: number): Promise<Buffer> {
    if (length > WINDOW_SIZE) throw new MalformedError(`${length} bytes at byte ${offset} are too long for their kind`);
    if (offset + length > this.size) {
      throw new MalformedError(`the file ends at byte ${this.size}, within what begins at byte ${offset}`);
    }
    if (offset < this.#from || offset + length > this.#from + this.#length) await this.#fill(offset);
    return this.#buffer.subarray(offset - this.#from, offset - this.#from + length);
  }

  /** What the buffer holds from `offset` on: `least` bytes or more. For walking through bytes without knowing how far. */
  async ahead(offset: number, least: number): Promise<Buffer> {
    await this.view(offset, least);
    return this.#buffer.subarray(offset - this.#from, this.#length);
  }

  /** A copy of the bytes, which may be more than a window; the caller knows a limit. */
  async copy(offset: number, length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    for (let done = 0; done < length; done += WINDOW_SIZE) {
      bytes.set(await this.view(offset + done, Math.min(WINDOW_SIZE, length - done)), done);
    }
    return bytes;
  }

  /** Whether there is nothing but zeros. */
  async isBlank(offset: number, length: number): Promise<boolean> {
    for (let at = offset; at < offset + length; at += WINDOW_SIZE) {
      const bytes = await this.view(at, Math.min(WINDOW_SIZE, offset + length - at));
      if (bytes.some((byte) => byte !== 0)) return false;
    }
    return true;
  }

  async #fill(offset: number): Promise<void> {
    const length = Math.min(WINDOW_SIZE, this.size - offset);
    // A read that fails must not leave half of its bytes behind as if they were known.
    this.#length = 0;
    await this.#source.read(this.#buffer.subarray(0, length), offset);
    this.#from = offset;
    this.#length = length;
  }
}
