import { Readable } from "node:stream";

/** Objects under way at once: the store does the work, and is asked by others as well. */
const AT_ONCE = 16;

/** Objects that may be done while one before them is still under way. */
const AHEAD = 500;

/** Work on many objects at once. */
export class Parallel<Item, Result> {
  readonly #work: (item: Item) => Promise<Result>;
  readonly #signal: AbortSignal;
  readonly #flying = new Set<Promise<Result>>();

  constructor(work: (item: Item) => Promise<Result>, signal: AbortSignal) {
    this.#work = work;
    this.#signal = signal;
  }

  /** In the order of the items, whichever is done first; nothing new is begun after the first failure. */
  results(items: AsyncIterable<Item>): AsyncIterable<Result> {
    const pace = { concurrency: AT_ONCE, highWaterMark: AHEAD, signal: this.#signal };
    return Readable.from(items).map((item: Item) => this.#begin(item), pace);
  }

  /** Waits for work that was given up, so that it can clean up after itself. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#flying);
  }

  #begin(item: Item): Promise<Result> {
    const work = this.#work(item);
    const forget = (): boolean => this.#flying.delete(work);
    this.#flying.add(work);
    work.then(forget, forget);
    return work;
  }
}
