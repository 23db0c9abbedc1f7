import type { Log } from "../log.ts";

/** Logs keep every line: a few are enough. */
const TOLD_EVERY_MS = 30_000;

/** How far a piece of work with many objects has come, told now and then. */
export class Tally {
  objects = 0;
  bytes = 0;
  copied = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(log: Log, what: string, fields: object) {
    this.#timer = setInterval(() => {
      log.info(what, { ...fields, objects: this.objects, bytes: this.bytes, copied: this.copied });
    }, TOLD_EVERY_MS).unref();
  }

  add(bytes: number): void {
    this.objects += 1;
    this.bytes += bytes;
  }

  end(): void {
    clearInterval(this.#timer);
  }
}
