import { Readable } from "node:stream";
import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ImageSizes, type CachedObject } from "../src/reading/image-sizes.ts";
import type { Store } from "../src/store/store.ts";

const PATH = "size/w600/2026/11/a.jpg";
const MiB = 1024 * 1024;

/** A store of the given objects that counts what it is asked for. */
function storeOf(objects: Record<string, Buffer>) {
  const asked: string[] = [];
  let broken: Error | undefined;
  const get = async (key: string): Promise<GetObjectCommandOutput | undefined> => {
    asked.push(key);
    if (broken) throw broken;
    const bytes = objects[key];
    if (!bytes) return undefined;
    return {
      Body: Readable.from([bytes]) as never,
      ContentLength: bytes.length,
      ContentType: "image/jpeg",
      $metadata: {},
    };
  };
  return {
    store: { get } as unknown as Store,
    asked,
    fail: (error: Error | undefined): void => {
      broken = error;
    },
  };
}

const sizesOf = (store: Store, cacheBytes = MiB): ImageSizes => new ImageSizes(store, (path) => path, cacheBytes);

const made = (bytes = Buffer.from("small")): CachedObject => ({
  bytes,
  contentType: "image/jpeg",
  cacheControl: undefined,
  contentDisposition: undefined,
  etag: undefined,
  modified: new Date(),
});

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("a size that does not exist", () => {
  test("is made by one of a hundred who ask at the same time", async () => {
    const { store, asked } = storeOf({});
    const sizes = sizesOf(store);
    const answers: boolean[] = [];
    const all = Array.from({ length: 100 }, async () => answers.push(await sizes.exists(PATH)));
    await vi.advanceTimersByTimeAsync(100);
    expect(answers).toEqual([false]);
    sizes.stored(PATH, made());
    await Promise.all(all);
    expect(answers.filter((found) => !found)).toHaveLength(1);
    expect(answers).toHaveLength(100);
    expect(asked).toHaveLength(1);
  });

  test("is made by another when the first one never comes back", async () => {
    const sizes = sizesOf(storeOf({}).store);
    expect(await sizes.exists(PATH)).toBe(false);
    const waiting = sizes.exists(PATH);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await waiting).toBe(false);
  });

  test.each(["2026/11/a.jpg", "2026/11/a_o.jpg"])(
    "keeps nobody waiting when its original %s cannot be read",
    async (original) => {
      const sizes = sizesOf(storeOf({}).store);
      expect(await sizes.exists(PATH)).toBe(false);
      const waiting = sizes.exists(PATH);
      sizes.failed(original);
      expect(await waiting).toBe(false);
    },
  );

  test("keeps nobody waiting when it cannot be stored", async () => {
    const sizes = sizesOf(storeOf({}).store);
    expect(await sizes.exists(PATH)).toBe(false);
    const waiting = sizes.exists(PATH);
    sizes.abandoned(PATH);
    expect(await waiting).toBe(false);
  });

  test("of another image or width is not held up", async () => {
    const sizes = sizesOf(storeOf({}).store);
    expect(await sizes.exists(PATH)).toBe(false);
    expect(await sizes.exists("size/w1000/2026/11/a.jpg")).toBe(false);
    expect(await sizes.exists("size/w600/format/webp/2026/11/a.jpg")).toBe(false);
    expect(await sizes.exists("size/w600/2026/11/b.jpg")).toBe(false);
  });
});

describe("a size that exists", () => {
  test("is fetched once and then costs the store nothing", async () => {
    const { store, asked } = storeOf({ [PATH]: Buffer.from("bytes") });
    const sizes = sizesOf(store);
    expect(await Promise.all([sizes.exists(PATH), sizes.exists(PATH), sizes.exists(PATH)])).toEqual([true, true, true]);
    expect(await sizes.exists(PATH)).toBe(true);
    expect(sizes.cached(PATH)?.bytes.toString()).toBe("bytes");
    expect(asked).toHaveLength(1);
  });

  test("is only remembered when it is large, or when there is no memory for bytes", async () => {
    for (const cacheBytes of [100, 0]) {
      const { store, asked } = storeOf({ [PATH]: Buffer.alloc(1000) });
      const sizes = sizesOf(store, cacheBytes);
      expect([await sizes.exists(PATH), await sizes.exists(PATH)]).toEqual([true, true]);
      expect(sizes.cached(PATH)).toBeUndefined();
      expect(asked).toHaveLength(1);
    }
  });

  test("is forgotten with its original", async () => {
    const { store, asked } = storeOf({});
    const sizes = sizesOf(store);
    sizes.stored(PATH, made());
    sizes.stored("size/w600/2026/11/b.jpg", made());
    sizes.forget("2026/11/a.jpg");
    expect(sizes.cached(PATH)).toBeUndefined();
    expect(await sizes.exists(PATH)).toBe(false);
    expect(await sizes.exists("size/w600/2026/11/b.jpg")).toBe(true);
    expect(asked).toEqual([PATH]);
  });
});

test("an error of the store is never the answer no, and the next question is asked anew", async () => {
  const { store, fail } = storeOf({ [PATH]: Buffer.from("bytes") });
  const sizes = sizesOf(store);
  fail(new Error("the store is down"));
  const answers = await Promise.allSettled([sizes.exists(PATH), sizes.exists(PATH), sizes.exists(PATH)]);
  expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  fail(undefined);
  expect(await sizes.exists(PATH)).toBe(true);
});

test("what is kept in memory stays within its bytes", () => {
  const sizes = sizesOf(storeOf({}).store, MiB);
  for (let index = 0; index < 100; index += 1) sizes.stored(`size/w600/${index}.jpg`, made(Buffer.alloc(MiB / 8)));
  const kept = Array.from({ length: 100 }, (_, index) => sizes.cached(`size/w600/${index}.jpg`)).filter(Boolean);
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.length).toBeLessThanOrEqual(8);
});

test("a size that could not be made keeps nobody waiting again", async () => {
  const { store } = storeOf({});
  const sizes = sizesOf(store);
  expect(await sizes.exists(PATH)).toBe(false);
  await vi.advanceTimersByTimeAsync(12_000);
  expect(await Promise.all([sizes.exists(PATH), sizes.exists(PATH)])).toEqual([false, false]);
});

test("a size that is gone from the bucket is asked for again", async () => {
  const objects: Record<string, Buffer> = { [PATH]: Buffer.from("small") };
  const { store } = storeOf(objects);
  const sizes = sizesOf(store);
  expect(await sizes.exists(PATH)).toBe(true);
  delete objects[PATH];
  sizes.missing(PATH);
  expect(await sizes.exists(PATH)).toBe(false);
});
