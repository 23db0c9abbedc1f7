import { connect, type Socket } from "node:net";
import { Link } from "./link.ts";
import type { ArmedFault, Direction } from "./transport-fault.ts";

export interface ConnectionOptions {
  target: { host: string; port: number };
  /** Round trip in milliseconds. */
  rtt: number;
  windowBytes: number;
  /** The fault that is set at this moment. */
  fault(): ArmedFault | undefined;
  onStrike(): void;
}

/** One client's connection through the proxy: two sockets, a link in each direction, and the fault that struck it. */
export class Connection {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #upload: Link;
  readonly #download: Link;
  readonly #options: ConnectionOptions;
  /** Resolves when both sockets are closed. */
  readonly closed: Promise<unknown>;
  readonly #opening: NodeJS.Timeout | undefined;
  #struck: ArmedFault["kind"] | undefined;
  /** The fault whose allowance is being used up, and what is left of it. */
  #counting: { fault: ArmedFault; left: number } | undefined;

  constructor(client: Socket, options: ConnectionOptions) {
    this.#options = options;
    this.#client = client;
    this.#server = connect({ ...options.target, allowHalfOpen: true, noDelay: true });
    this.#server.pause();
    this.#upload = this.#link("upload", client, this.#server);
    this.#download = this.#link("download", this.#server, client);
    this.closed = Promise.all([this.#follow(client, this.#server), this.#follow(this.#server, client)]);
    // The client's kernel believes it is connected; nothing it sends is under way before the handshake's round trip.
    if (options.rtt === 0) this.#open();
    else this.#opening = setTimeout(() => this.#open(), options.rtt);
  }

  get delivered(): Record<Direction, number> {
    return { upload: this.#upload.delivered, download: this.#download.delivered };
  }

  /** After a stall was lifted: reads on and forwards nothing, so that a client that hung up is seen to be gone. */
  lift(): void {
    if (this.#struck !== "stall") return;
    this.#struck = "swallow";
    this.#upload.thaw();
  }

  destroy(): void {
    clearTimeout(this.#opening);
    this.#upload.stop();
    this.#download.stop();
    this.#client.destroy();
    this.#server.destroy();
  }

  #link(direction: Direction, from: Socket, to: Socket): Link {
    const { rtt, windowBytes } = this.#options;
    return new Link(from, to, {
      delay: rtt / 2,
      windowBytes,
      admit: (bytes) => this.#admit(direction, bytes),
      onCut: () => this.#reset(),
    });
  }

  #open(): void {
    this.#upload.start();
    this.#download.start();
  }

  #follow(socket: Socket, other: Socket): Promise<void> {
    socket.on("error", () => reset(other));
    socket.on("end", () => {
      if (this.#struck !== undefined) this.destroy();
    });
    return new Promise((resolve) => {
      socket.on("close", () => resolve());
      // A socket that is destroyed between its end and its reset cannot be reset, and never tells that it is closed.
      socket.on("error", ({ syscall }: NodeJS.ErrnoException) => syscall === "reset" && resolve());
    });
  }

  #admit(direction: Direction, bytes: Buffer): Buffer | undefined {
    if (this.#struck !== undefined) return undefined;
    const fault = this.#options.fault();
    if (fault === undefined || fault.direction !== direction) return bytes;
    if (this.#counting?.fault !== fault) this.#counting = { fault, left: fault.afterBytes };
    const passing = this.#counting.left;
    if (bytes.length <= passing) {
      this.#counting.left -= bytes.length;
      return bytes;
    }
    if (!fault.strike()) return bytes;
    this.#strike(fault);
    return passing === 0 ? undefined : bytes.subarray(0, passing);
  }

  #strike(fault: ArmedFault): void {
    this.#struck = fault.kind;
    this.#options.onStrike();
    if (fault.kind === "reset") {
      const link = fault.direction === "upload" ? this.#upload : this.#download;
      // After the bytes that still pass, which `admit` returns to the link only now.
      setImmediate(() => link.cut());
    } else {
      this.#download.freeze();
      if (fault.kind === "stall") this.#upload.freeze();
    }
  }

  #reset(): void {
    reset(this.#client);
    reset(this.#server);
  }
}

/** Node resets a socket only when all is written: one whose peer does not read would wait for ever. */
function reset(socket: Socket): void {
  if (socket.writableLength > 0 || socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
