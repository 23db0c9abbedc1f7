/** An answer the proxy gives in the store's place. */
export interface StatusFault {
  /** 503 is S3's SlowDown, 403 its AccessDenied. */
  status: 503 | 403;
  /** Which requests: by method and by path with query. Default: all. */
  method?: RegExp;
  path?: RegExp;
  /** How many requests get it. Default: every one that matches. */
  times?: number;
  /** Share of the matching requests that get it, 0 to 1. Default 1. */
  probability?: number;
  /** Seed of the draw, so that a run can be repeated. Default 1. */
  seed?: number;
}

const ERRORS = {
  503: { code: "SlowDown", message: "Please reduce your request rate." },
  403: { code: "AccessDenied", message: "Access Denied" },
} as const;

/** A status fault that was set, with its own draw and count. */
export class ArmedStatus {
  readonly #fault: StatusFault;
  readonly #draw: () => number;
  #left: number;

  constructor(fault: StatusFault) {
    this.#fault = fault;
    this.#left = fault.times ?? Infinity;
    this.#draw = seeded(fault.seed ?? 1);
  }

  get status(): StatusFault["status"] {
    return this.#fault.status;
  }

  /** The error document S3 would send, as described in https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
  get body(): string {
    const { code, message } = ERRORS[this.#fault.status];
    return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message><RequestId>proxy</RequestId></Error>`;
  }

  strike(method: string, path: string): boolean {
    if (this.#left <= 0) return false;
    if (this.#fault.method?.test(method) === false || this.#fault.path?.test(path) === false) return false;
    if (this.#draw() >= (this.#fault.probability ?? 1)) return false;
    this.#left -= 1;
    return true;
  }
}

/** mulberry32: a 32-bit generator with a fixed sequence for each seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
