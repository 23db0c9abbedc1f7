import type { Socket } from "node:net";
import { performance } from "node:perf_hooks";

/** What a link carries beside bytes: the sender's end of stream, or the order to cut the connection. */
type Parcel = { due: number; load: Buffer | "end" | "cut" };

export interface LinkOptions {
  /** One-way delay in milliseconds. */
  delay: number;
  /** Bytes that may be under way before the first of them is acknowledged, one round trip after it was sent. */
  windowBytes: number;
  /** What of these bytes goes on its way; `undefined` for none. Called once for each piece read, in order. */
  admit(bytes: Buffer): Buffer | undefined;
  /** Called when an order to cut has reached the far end, after all bytes before it. */
  onCut(): void;
}

/** Timers fire on whole milliseconds: what is due within this many is sent with the present batch. */
const BATCH_MS = 0.5;

/**
 * One direction of a connection. Bytes keep their order and arrive `delay` later; the sender is not read from
 * while a whole window of bytes is unacknowledged, so throughput never exceeds window ÷ round trip, as in TCP.
 */
export class Link {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #options: LinkOptions;
  readonly #travelling: Parcel[] = [];
  readonly #acknowledgements: { due: number; size: number }[] = [];
  #unacknowledged = 0;
  #timer: NodeJS.Timeout | undefined;
  #frozen = false;
  /** Bytes that reached the far end. */
  delivered = 0;

  constructor(from: Socket, to: Socket, options: LinkOptions) {
    this.#from = from;
    this.#to = to;
    this.#options = options;
  }

  start(): void {
    this.#from.on("data", (bytes: Buffer) => {
      const admitted = this.#options.admit(bytes);
      if (admitted !== undefined && admitted.length > 0) this.#send(admitted);
    });
    this.#from.on("end", () => this.#send("end"));
    this.#to.on("drain", () => this.#deliver());
    if (!this.#frozen) this.#from.resume();
  }

  /** Cuts the connection once everything sent before has arrived. */
  cut(): void {
    this.#send("cut");
  }

  /** Reads no more, so that the sender's own buffers fill; what is under way arrives. */
  freeze(): void {
    this.#frozen = true;
    this.#from.pause();
  }

  /** Reads again after `freeze`. */
  thaw(): void {
    this.#frozen = false;
    this.#from.resume();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#travelling.length = 0;
    this.#acknowledgements.length = 0;
  }

  #send(load: Parcel["load"]): void {
    if (this.#to.destroyed) return;
    this.#travelling.push({ due: performance.now() + this.#options.delay, load });
    if (typeof load !== "string") this.#unacknowledged += load.length;
    if (this.#unacknowledged >= this.#options.windowBytes) this.#from.pause();
    if (this.#options.delay === 0) this.#deliver();
    else this.#arm();
  }

  #deliver(): void {
    if (this.#to.destroyed) return this.stop();
    const due = performance.now() + BATCH_MS;
    this.#to.cork();
    while (!this.#to.writableNeedDrain && this.#travelling[0] !== undefined && this.#travelling[0].due <= due) {
      this.#arrive(this.#travelling.shift()!.load);
    }
    this.#to.uncork();
    this.#acknowledge(due);
    this.#arm();
  }

  #arrive(load: Parcel["load"]): void {
    if (load === "end") {
      this.#to.end();
    } else if (load === "cut") {
      // The empty write's callback runs when all bytes before it have been handed to the kernel.
      this.#to.write("", () => this.#options.onCut());
    } else {
      this.#to.write(load);
      this.delivered += load.length;
      this.#acknowledgements.push({ due: performance.now() + this.#options.delay, size: load.length });
    }
  }

  #acknowledge(due: number): void {
    while (this.#acknowledgements[0] !== undefined && this.#acknowledgements[0].due <= due) {
      this.#unacknowledged -= this.#acknowledgements.shift()!.size;
    }
    if (this.#from.isPaused() && !this.#frozen && this.#unacknowledged < this.#options.windowBytes) {
      this.#from.resume();
    }
  }

  /** One timer a link, for whatever is due first; a full receiver wakes the link by `drain` instead. */
  #arm(): void {
    if (this.#timer !== undefined) return;
    const parcel = this.#to.writableNeedDrain ? undefined : this.#travelling[0];
    const next = Math.min(parcel?.due ?? Infinity, this.#acknowledgements[0]?.due ?? Infinity);
    if (next === Infinity) return;
    const wait = Math.max(1, Math.ceil(next - performance.now()));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#deliver();
    }, wait);
  }
}
