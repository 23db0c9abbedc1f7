export type Direction = "upload" | "download";

/** What can happen to a connection below HTTP. */
export interface TransportFault {
  /**
   * `stall`: from that byte on nothing is read, forwarded or answered, and the connection stays open.
   * `swallow`: as `stall`, but what the client sends is still accepted (and lost), so that it waits for the answer.
   * `reset`: the connection is cut with RST on both sides.
   */
  kind: "stall" | "swallow" | "reset";
  /** Bytes that still pass on each connection, counted from when the fault was set. Default 0: strikes at the first byte. */
  afterBytes?: number;
  /** Which bytes count. Default `upload`. */
  direction?: Direction;
  /** How many connections are struck. Default: every one. */
  times?: number;
}

/** A fault that was set, and how often it will still strike. One object for all connections of a proxy. */
export class ArmedFault {
  readonly kind: TransportFault["kind"];
  readonly afterBytes: number;
  readonly direction: Direction;
  #strikesLeft: number;

  constructor(fault: TransportFault) {
    this.kind = fault.kind;
    this.afterBytes = fault.afterBytes ?? 0;
    this.direction = fault.direction ?? "upload";
    this.#strikesLeft = fault.times ?? Infinity;
  }

  /** Whether this connection is struck; takes one of the fault's strikes if so. */
  strike(): boolean {
    if (this.#strikesLeft <= 0) return false;
    this.#strikesLeft -= 1;
    return true;
  }
}
