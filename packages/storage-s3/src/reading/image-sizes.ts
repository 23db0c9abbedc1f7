import { LRUCache } from "lru-cache";
import { discard, readBody } from "./body.ts";
import { sizesServed } from "../observation/metrics.ts";
import { recent } from "../recent.ts";
import type { Store } from "../store/store.ts";
import { withoutOriginal } from "../paths/original.ts";
import { parseVariantPath } from "../paths/variant-path.ts";

/** A hot image size in memory, with what a reader needs to be told of it. */
export interface CachedObject {
  readonly bytes: Buffer;
  readonly contentType: string;
  readonly cacheControl: string | undefined;
  readonly contentDisposition: string | undefined;
  readonly etag: string | undefined;
  readonly modified: Date;
}

/** Larger ones would push out many smaller ones. */
const MAX_SHARE = 8;

/** Paths that are known to exist, without their bytes. */
const KNOWN = 50_000;
/** An hour: another replica may delete the original. */
const KNOWN_MS = 3_600_000;

/** Ghost gives up on a resize after 10 s; reading the original comes on top. */
const LEASE_MS = 12_000;

/** How long no reader waits for a size that could not be made: the image is damaged, or too large to resize in time. */
const UNMADE_MS = 60_000;

/** Why a size is not made at this moment. */
interface Making {
  readonly made: Promise<boolean>;
  end(made: boolean): void;
  /** It is not known whether the size exists; who waits must not take that for a "no". */
  fail(error: unknown): void;
}

/**
 * The resized images of one feature. Ghost asks whether a size exists, and if not makes it and saves it; a hundred
 * readers of a new post would make it a hundred times. Here the first is told "no" and the others wait for the result.
 */
export class ImageSizes {
  readonly #store: Store;
  readonly #key: (path: string) => string;
  readonly #known = recent(KNOWN, KNOWN_MS);
  readonly #hot: LRUCache<string, CachedObject> | undefined;
  readonly #maxBytes: number;
  readonly #making = new Map<string, Making>();
  readonly #unmade = recent(KNOWN, UNMADE_MS);

  /** @param cacheBytes memory for hot sizes, 0 for none */
  constructor(store: Store, key: (path: string) => string, cacheBytes: number) {
    this.#store = store;
    this.#key = key;
    this.#maxBytes = Math.floor(cacheBytes / MAX_SHARE);
    this.#hot =
      cacheBytes > 0
        ? new LRUCache({ maxSize: cacheBytes, sizeCalculation: ({ bytes }) => bytes.length + 1, ttl: KNOWN_MS })
        : undefined;
  }

  /** Whether a size is in the bucket. To one caller at a time a missing one is reported: it is going to make it. */
  async exists(path: string): Promise<boolean> {
    if (this.#hot?.has(path) || this.#known.has(path)) {
      sizesServed.inc({ from: "memory" });
      return true;
    }
    const making = this.#making.get(path);
    if (making) {
      const made = await making.made;
      sizesServed.inc({ from: made ? "waited" : "made" });
      return made;
    }
    if (this.#unmade.has(path)) return this.#fetch(path);
    const lease = this.#begin(path);
    try {
      const found = await this.#fetch(path);
      if (found) lease.end(true);
      sizesServed.inc({ from: found ? "store" : "made" });
      return found;
    } catch (error) {
      lease.fail(error);
      throw error;
    }
  }

  /** A size with its bytes, when they are in memory. */
  cached(path: string): CachedObject | undefined {
    return this.#hot?.get(path);
  }

  /** A size was stored: those who wait for it go on. */
  stored(path: string, object: CachedObject): void {
    this.#remember(path, object);
    this.#making.get(path)?.end(true);
  }

  /** A size could not be stored. */
  abandoned(path: string): void {
    this.#making.get(path)?.end(false);
  }

  /** An original cannot be read: nobody need wait for its sizes. */
  failed(original: string): void {
    for (const [path, making] of this.#making) {
      if (sameImage(parseVariantPath(path)?.original, original)) making.end(false);
    }
  }

  /** A size is gone from the bucket. */
  missing(path: string): void {
    this.#known.delete(path);
    this.#hot?.delete(path);
  }

  /** A file was deleted: its sizes must not outlive it in memory. */
  forget(original: string): void {
    for (const cache of [this.#known, this.#hot]) {
      for (const path of cache?.keys() ?? []) {
        if (path === original || sameImage(parseVariantPath(path)?.original, original)) cache?.delete(path);
      }
    }
  }

  #begin(path: string): Making {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    // Nobody may be waiting for it.
    promise.catch(() => undefined);
    const leave = (): void => {
      clearTimeout(timer);
      // A lease that has run out may end when the next one has begun.
      if (this.#making.get(path) === making) this.#making.delete(path);
    };
    const end = (made: boolean): void => {
      leave();
      resolve(made);
    };
    const fail = (error: unknown): void => {
      leave();
      reject(error);
    };
    const timer = setTimeout(() => {
      this.#unmade.set(path, true);
      end(false);
    }, LEASE_MS);
    timer.unref();
    const making = { made: promise, end, fail };
    this.#making.set(path, making);
    return making;
  }

  /** Fetches instead of asking: the bytes are wanted next. */
  async #fetch(path: string): Promise<boolean> {
    const key = this.#key(path);
    const answer = await this.#store.get(key);
    if (!answer) return false;
    if ((answer.ContentLength ?? Infinity) > this.#maxBytes) {
      discard(answer);
      this.#known.set(path, true);
      return true;
    }
    this.#remember(path, {
      bytes: await readBody(this.#store, key, answer),
      contentType: answer.ContentType ?? "application/octet-stream",
      cacheControl: answer.CacheControl,
      contentDisposition: answer.ContentDisposition,
      etag: answer.ETag,
      modified: answer.LastModified ?? new Date(),
    });
    return true;
  }

  #remember(path: string, object: CachedObject): void {
    this.#known.set(path, true);
    if (object.bytes.length <= this.#maxBytes) this.#hot?.set(path, object);
  }
}

/** Sizes of `a.jpg` are made from `a_o.jpg` where there is one. */
const sameImage = (a: string | undefined, b: string): boolean =>
  a !== undefined && withoutOriginal(a) === withoutOriginal(b);
