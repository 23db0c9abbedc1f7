import type { Output } from "./io.ts";

const TERMINAL_MS = 200;

export interface LiveText {
  /** Undefined: nothing to say yet. */
  text(): string | undefined;
  /** Writes where nobody watches: in the form of the other lines there. */
  line(text: string): void;
  /** Time between two lines where nobody watches, in ms: logs keep every line. */
  readonly pipeMs: number;
}

/** How things stand, on stderr: a line that changes on a terminal, one now and then elsewhere. */
export class LiveLine {
  readonly #output: Output;
  readonly #content: LiveText;
  readonly #timer: NodeJS.Timeout;
  #shown = false;

  constructor(output: Output, content: LiveText) {
    this.#output = output;
    this.#content = content;
    this.#timer = setInterval(() => this.#show(), output.isTTY ? TERMINAL_MS : content.pipeMs).unref();
  }

  /** Makes room for a line of somebody else; this one comes back below it. */
  pause(): void {
    if (this.#shown) this.#output.write("\r\u001B[K");
    this.#shown = false;
  }

  end(): void {
    clearInterval(this.#timer);
    this.pause();
  }

  #show(): void {
    const text = this.#content.text();
    if (text === undefined) return;
    if (!this.#output.isTTY) {
      this.#content.line(text);
      return;
    }
    this.#output.write(`\r\u001B[K${text.slice(0, this.#output.columns - 1)}`);
    this.#shown = true;
  }
}
