const MiB = 1024 * 1024;

/** Smaller buffers are cheap to make; larger ones come in whole MiB, so that they fit the next upload too. */
const POOLED_FROM = MiB;

/** Buffers that nobody has used for this long are given back to the system. */
const IDLE_MS = 5000;

/**
 * Bytes that may be in memory at the same time; who asks for more than is free waits its turn.
 * First come, first served: a large part is not overtaken for ever by small files.
 *
 * Buffers are used again: the garbage collector frees those of megabytes too late to keep a promise by.
 */
export class ByteBudget {
  #limit: number;
  #used = 0;
  #waiting: { readonly bytes: number; readonly grant: () => void; readonly refuse: (reason: unknown) => void }[] = [];
  #succeeded = 0;
  #free: Buffer[] = [];
  #idle: NodeJS.Timeout | undefined;

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
   * Waits until `bytes` are free, keeps them while `work` runs, and gives them back. One that needs more than the
   * whole budget gets it alone.
   */
  async hold<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    const share = Math.min(bytes, this.#limit);
    await this.#take(share);
    const succeeded = this.#succeeded;
    try {
      const result = await work();
      this.#succeeded += 1;
      return result;
    } catch (error) {
      // Nothing has got through since this began: those in the queue would only wait as long for the same.
      if ((error as Error).name === "TimeoutError" && this.#succeeded === succeeded) this.#refuseAll(error);
      throw error;
    } finally {
      this.#used -= share;
      this.#grantNext();
    }
  }

  /** Holds a buffer of exactly `bytes`; `work` must not keep it. */
  async lend<T>(bytes: number, work: (buffer: Buffer) => Promise<T>): Promise<T> {
    if (bytes < POOLED_FROM) return this.hold(bytes, () => work(Buffer.allocUnsafe(bytes)));
    const capacity = Math.ceil(bytes / MiB) * MiB;
    return this.hold(capacity, async () => {
      const buffer = this.#buffer(capacity);
      try {
        return await work(buffer.subarray(0, bytes));
      } finally {
        this.#free.push(buffer);
        this.#idle?.refresh();
        this.#idle ??= setTimeout(() => this.#release(), IDLE_MS).unref();
      }
    });
  }

  #buffer(capacity: number): Buffer {
    const index = this.#free.findIndex(({ length }) => length === capacity);
    if (index !== -1) return this.#free.splice(index, 1)[0] as Buffer;
    // Buffers of other sizes must not add to what is in use.
    let spare = this.#limit - this.#used;
    this.#free = this.#free.filter(({ length }) => {
      spare -= length;
      return spare >= 0;
    });
    return Buffer.allocUnsafeSlow(capacity);
  }

  #release(): void {
    this.#free = [];
    this.#idle = undefined;
  }

  #take(bytes: number): Promise<void> | void {
    if (this.#waiting.length === 0 && this.#used + bytes <= this.#limit) {
      this.#used += bytes;
      return;
    }
    return new Promise((grant, refuse) => {
      this.#waiting.push({ bytes, grant, refuse });
    });
  }

  #refuseAll(reason: unknown): void {
    const refused = this.#waiting;
    this.#waiting = [];
    for (const { refuse } of refused) refuse(reason);
  }

  #grantNext(): void {
    for (let next = this.#waiting[0]; next && this.#used + next.bytes <= this.#limit; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#used += next.bytes;
      next.grant();
    }
  }
}
