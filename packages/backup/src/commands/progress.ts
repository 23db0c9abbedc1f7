import { formatBytes, formatSeconds } from "./amounts.ts";
import type { Output } from "./io.ts";

/** What is over quickly shows no progress. */
const SHOW_AFTER_MS = 2000;
const TERMINAL_MS = 200;
/** Logs keep every line: a few are enough. */
const PIPE_MS = 30_000;

/** How far a command has come, on stderr: a line that changes on a terminal, one now and then elsewhere. */
export class Progress {
  readonly #output: Output;
  readonly #total: number | undefined;
  readonly #line: (text: string) => void;
  readonly #timer: NodeJS.Timeout;
  #start = performance.now();
  #label: string;
  #bytes = 0;
  #shown = false;

  /**
   * @param total bytes, when it is known how many there are
   * @param line writes where nobody watches: in the form of the other lines there
   */
  constructor(output: Output, label: string, total: number | undefined, line: (text: string) => void) {
    this.#output = output;
    this.#label = label;
    this.#total = total;
    this.#line = line;
    this.#timer = setInterval(() => this.#show(), output.isTTY ? TERMINAL_MS : PIPE_MS).unref();
  }

  /** Another label begins anew. */
  add(bytes: number, label = this.#label): void {
    if (label !== this.#label) {
      this.#label = label;
      this.#bytes = 0;
      this.#start = performance.now();
    }
    this.#bytes += bytes;
  }

  /** Makes room for a line of somebody else; the progress comes back below it. */
  pause(): void {
    if (this.#shown) this.#output.write("\r\u001B[K");
    this.#shown = false;
  }

  end(): void {
    clearInterval(this.#timer);
    this.pause();
  }

  #show(): void {
    const seconds = (performance.now() - this.#start) / 1000;
    if (seconds * 1000 < SHOW_AFTER_MS) return;
    const share = this.#total
      ? ` of ${formatBytes(this.#total)} (${Math.floor((this.#bytes / this.#total) * 100)} %)`
      : "";
    const speed = `${formatBytes(this.#bytes / seconds)}/s`;
    const text = `${this.#label}: ${formatBytes(this.#bytes)}${share}, ${speed}, ${formatSeconds(seconds)}`;
    if (!this.#output.isTTY) {
      this.#line(text);
      return;
    }
    this.#output.write(`\r\u001B[K${text.slice(0, this.#output.columns - 1)}`);
    this.#shown = true;
  }
}
