/**
 * Bytes that may be in memory at the same time; who asks for more than is free waits its turn.
 * First come, first served: a large part is not overtaken for ever by small files.
 */
export class ByteBudget {
  #limit: number;
  #used = 0;
  readonly #waiting: { readonly bytes: number; readonly grant: () => void }[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get limit(): number {
    return this.#limit;
  }

  get used(): number {
    return this.#used;
  }

  /** Raises the limit; it never shrinks under what others were promised. */
  raise(limit: number): void {
    this.#limit = Math.max(this.#limit, limit);
    this.#grantNext();
  }

  /**
   * Waits until `bytes` are free, runs `work`, and gives them back. One that needs more than the whole budget
   * gets it alone.
   */
  async with<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    const share = Math.min(bytes, this.#limit);
    await this.#take(share);
    try {
      return await work();
    } finally {
      this.#used -= share;
      this.#grantNext();
    }
  }

  #take(bytes: number): Promise<void> | void {
    if (this.#waiting.length === 0 && this.#used + bytes <= this.#limit) {
      this.#used += bytes;
      return;
    }
    return new Promise((grant) => {
      this.#waiting.push({ bytes, grant });
    });
  }

  #grantNext(): void {
    for (let next = this.#waiting[0]; next && this.#used + next.bytes <= this.#limit; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#used += next.bytes;
      next.grant();
    }
  }
}
