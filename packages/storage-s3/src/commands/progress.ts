import { formatBytes, formatSeconds } from "./amounts.ts";
import type { Output } from "./io.ts";

/** What is over quickly shows no progress. */
const SHOW_AFTER_MS = 1500;
const TERMINAL_MS = 200;
/** Logs keep every line: a few are enough. */
const PIPE_MS = 10_000;

const BAR_WIDTH = 24;

export interface Amount {
  readonly files: number;
  readonly bytes: number;
}

/** How far a command has come, on stderr: a bar that moves on a terminal, a line now and then elsewhere. */
export class Progress {
  readonly #output: Output;
  readonly #label: string;
  readonly #total: Amount | undefined;
  readonly #start = performance.now();
  readonly #timer: NodeJS.Timeout;
  #files = 0;
  #bytes = 0;
  #moved = 0;
  #shown = false;

  /** @param total undefined while it is not known how much there is */
  constructor(output: Output, label: string, total?: Amount) {
    this.#output = output;
    this.#label = label;
    this.#total = total;
    const interval = output.isTTY ? TERMINAL_MS : PIPE_MS;
    this.#timer = setInterval(() => this.#show(), interval).unref();
  }

  /** @param moved bytes that really travelled: only they tell the speed */
  add(files: number, bytes = 0, moved = 0): void {
    this.#files += files;
    this.#bytes += bytes;
    this.#moved += moved;
  }

  /** Makes room for a line of somebody else; the bar comes back below it. */
  pause(): void {
    this.#clear();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#clear();
  }

  #show(): void {
    if (performance.now() - this.#start < SHOW_AFTER_MS) return;
    const line = this.#line();
    if (!this.#output.isTTY) {
      this.#output.write(`${line}\n`);
      return;
    }
    this.#output.write(`\r\u001B[K${line.slice(0, this.#output.columns - 1)}`);
    this.#shown = true;
  }

  #clear(): void {
    if (this.#shown) this.#output.write("\r\u001B[K");
    this.#shown = false;
  }

  #line(): string {
    const seconds = (performance.now() - this.#start) / 1000;
    if (!this.#total) return `${this.#label} ${this.#files} (${formatSeconds(seconds)})`;
    const { files, bytes } = this.#total;
    const share = bytes > 0 ? this.#bytes / bytes : files > 0 ? this.#files / files : 1;
    const filled = Math.round(Math.min(share, 1) * BAR_WIDTH);
    const left = share > 0 ? formatSeconds((seconds / share) * (1 - share)) : "?";
    return [
      `${this.#label} ${"█".repeat(filled)}${"░".repeat(BAR_WIDTH - filled)} ${Math.floor(share * 100)} %`,
      `${this.#files}/${files} files`,
      `${formatBytes(this.#bytes)} of ${formatBytes(bytes)}`,
      `${formatBytes(this.#moved / seconds)}/s`,
      `${left} left`,
    ].join("  ");
  }
}
