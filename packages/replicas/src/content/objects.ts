import { createHash } from "node:crypto";
import type { Metrics } from "../health/metrics.ts";
import type { Bucket } from "./bucket.ts";

/** An object that is not there, or is not what its name says: asking again does not help until somebody stores it anew. */
export class UnusableObject extends Error {
  override name = "UnusableObject";
}

/** Where objects of a kind lie, and what they are. */
export interface ObjectKind {
  /** As in the metrics. */
  readonly kind: string;
  readonly contentType: string;
  readonly key: (digest: string) => string;
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Objects that are named by what is in them: written once, never changed, verified each time they are read. */
export class Objects {
  readonly #bucket: Bucket;
  readonly #metrics: Metrics;

  constructor(bucket: Bucket, metrics: Metrics) {
    this.#bucket = bucket;
    this.#metrics = metrics;
  }

  async put({ kind, contentType, key }: ObjectKind, bytes: Uint8Array): Promise<string> {
    const digest = sha256(bytes);
    await this.#counted("sent", kind, () => this.#bucket.put(key(digest), bytes, contentType));
    return digest;
  }

  has({ key }: ObjectKind, digest: string): Promise<boolean> {
    return this.#bucket.has(key(digest));
  }

  /** @throws {UnusableObject} when the bucket has not got it, or other bytes */
  get({ kind, key }: ObjectKind, digest: string): Promise<Buffer> {
    return this.#counted("fetched", kind, async () => {
      const bytes = await this.#bucket.get(key(digest));
      if (bytes === undefined) throw new UnusableObject(`The bucket has no object ${key(digest)}`);
      const found = sha256(bytes);
      if (found !== digest) {
        throw new UnusableObject(`The object ${key(digest)} is corrupt: its SHA-256 is ${found}`);
      }
      return bytes;
    });
  }

  async #counted<Result>(direction: string, kind: string, work: () => Promise<Result>): Promise<Result> {
    const count = (outcome: string) => this.#metrics.content.inc({ direction, kind, outcome });
    try {
      const result = await work();
      count("ok");
      return result;
    } catch (error) {
      count(error instanceof UnusableObject ? "unusable" : "failed");
      throw error;
    }
  }
}
