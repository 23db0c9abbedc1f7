/** Being asked to end, by SIGTERM or Ctrl-C: whatever waits ends at once, what was made is removed all the same. */
export class Interruption {
  #stop = new AbortController();
  #armed = true;

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  interrupt(reason: Error): void {
    if (this.#armed) this.#stop.abort(reason);
  }

  /** From now on nothing is interrupted. */
  disarm(): void {
    this.#armed = false;
    this.#stop = new AbortController();
  }
}
