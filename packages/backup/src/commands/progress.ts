import { formatBytes, formatSeconds } from "./amounts.ts";
import type { Output } from "./io.ts";
import { LiveLine } from "./live-line.ts";

/** What is over quickly shows no progress. */
const SHOW_AFTER_MS = 2000;
/** Logs keep every line: a few are enough. */
const PIPE_MS = 30_000;

/** How far a command has come. */
export class Progress {
  readonly #total: number | undefined;
  readonly #line: LiveLine;
  #start = performance.now();
  #label: string;
  #bytes = 0;

  /**
   * @param total bytes, when it is known how many there are
   * @param line writes where nobody watches: in the form of the other lines there
   */
  constructor(output: Output, label: string, total: number | undefined, line: (text: string) => void) {
    this.#total = total;
    this.#label = label;
    this.#line = new LiveLine(output, { text: () => this.#text(), line, pipeMs: PIPE_MS });
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
    this.#line.pause();
  }

  end(): void {
    this.#line.end();
  }

  #text(): string | undefined {
    const seconds = (performance.now() - this.#start) / 1000;
    if (seconds * 1000 < SHOW_AFTER_MS) return undefined;
    const share = this.#total
      ? ` of ${formatBytes(this.#total)} (${Math.floor((this.#bytes / this.#total) * 100)} %)`
      : "";
    const speed = `${formatBytes(this.#bytes / seconds)}/s`;
    return `${this.#label}: ${formatBytes(this.#bytes)}${share}, ${speed}, ${formatSeconds(seconds)}`;
  }
}
