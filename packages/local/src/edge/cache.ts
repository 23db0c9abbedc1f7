import { LRUCache } from "lru-cache";

/** A complete 200, as it may be given to everybody. */
export interface CachedAnswer {
  headers: Record<string, string>;
  body: Buffer;
  storedAt: number;
}

/** How long an answer may be given again, in milliseconds; 0 for never. */
export function freshness(headers: Record<string, string>): number {
  const control = headers["cache-control"] ?? "";
  if (/\b(no-store|no-cache|private)\b/i.test(control)) return 0;
  const seconds = /\bs-maxage=(\d+)/i.exec(control) ?? /\bmax-age=(\d+)/i.exec(control);
  return Number(seconds?.[1] ?? 0) * 1000;
}

/** What came of a request that others wait for: an answer for all, one for its visitor alone, or none. */
export type Outcome = CachedAnswer | "private" | "abandoned";

/** Answers by path, up to a number of bytes in all; equal requests at one time make one to the origin. */
export class EdgeCache {
  private readonly answers: LRUCache<string, CachedAnswer>;
  private readonly pending = new Map<string, Promise<Outcome>>();
  /** Answers larger than this are passed through. */
  readonly largest: number;

  constructor(bytes: number) {
    // one answer must not push all others out
    this.largest = Math.floor(bytes / 4);
    this.answers = new LRUCache({
      maxSize: bytes,
      sizeCalculation: ({ body }) => body.byteLength + 1024,
      ttlResolution: 0,
    });
  }

  set(path: string, answer: CachedAnswer): void {
    const ttl = freshness(answer.headers);
    if (ttl > 0) this.answers.set(path, answer, { ttl });
  }

  clear(): void {
    this.answers.clear();
  }

  /** What is known already, or comes of a request under way; undefined when a request must be made. */
  async find(path: string): Promise<CachedAnswer | undefined> {
    for (;;) {
      const known = this.answers.get(path);
      if (known) return known;
      const pending = this.pending.get(path);
      if (!pending) return undefined;
      const outcome = await pending;
      if (outcome === "private") return undefined;
      // whose visitor went away before the answer came: the next in line takes over
      if (outcome !== "abandoned") return outcome;
    }
  }

  /** Lets others wait for this answer until the returned function says what became of it. */
  announce(path: string): (outcome: Outcome) => void {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.pending.set(path, promise);
    return (outcome) => {
      if (this.pending.get(path) === promise) this.pending.delete(path);
      resolve(outcome);
    };
  }
}
