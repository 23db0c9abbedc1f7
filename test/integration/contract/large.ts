import { createHash, randomBytes } from "node:crypto";
import { rm, truncate } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startProxy, type Proxy } from "../../network/proxy.ts";
import type { Tenant } from "./tenant.ts";

const MiB = 1024 * 1024;

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

export function large(tenant: () => Tenant): void {
  describe("a large file", () => {
    test.each([
      ["one byte less than goes in parts", 16 * MiB - 1, false],
      ["the size from which it goes in parts", 16 * MiB, true],
      ["a last part of one byte", 24 * MiB + 1, true],
      ["a last part that is one byte short", 32 * MiB - 1, true],
    ])("of %s arrives whole", async (_size, size, inParts) => {
      const blog = tenant();
      const bytes = randomBytes(size);
      const url = await blog.storage("media").save(await blog.file("video.mp4", bytes), "2026/11");
      const key = blog.keyOf(url);
      expect(digest(await blog.bytes(key))).toBe(digest(bytes));
      const { ETag, ContentType, CacheControl } = await blog.head(key);
      expect(/-\d+"$/.test(ETag ?? "")).toBe(inParts);
      expect([ContentType, CacheControl]).toEqual(["video/mp4", "public, max-age=31536000, immutable"]);
      expect(await blog.uploads()).toEqual([]);
    });

    test("goes in parts of the size that is configured", async () => {
      const blog = tenant();
      const options = { multipartUploadThresholdBytes: 6 * MiB, multipartChunkSizeBytes: 5 * MiB };
      const url = await blog.storage("media", options).save(await blog.file("a.mp4", randomBytes(11 * MiB)));
      expect((await blog.head(blog.keyOf(url))).ETag).toMatch(/-3"$/);
    });

    test("of a name that is taken gets another, and both stay whole", async () => {
      const blog = tenant();
      const storage = blog.storage("media");
      const contents = [randomBytes(17 * MiB), randomBytes(17 * MiB)];
      const urls = await Promise.all(
        contents.map(async (bytes) => storage.save(await blog.file("video.mp4", bytes), "2026/11")),
      );
      expect(new Set(urls).size).toBe(2);
      const stored = await Promise.all(urls.map(async (url) => digest(await blog.bytes(blog.keyOf(url)))));
      expect(stored).toEqual(contents.map(digest));
      expect(await blog.uploads()).toEqual([]);
    });
  });

  describe("a large file on a slow line", () => {
    let line: Proxy;

    beforeAll(async () => {
      line = await startProxy({ target: tenant().ground.bucket.access.endpoint, rtt: 40, windowBytes: MiB / 4 });
    });

    afterAll(() => line.close());

    /** Begins an upload that does not fit in memory as a whole, and waits until it is under way. */
    async function begin(blog: Tenant, size: number) {
      const file = await blog.file("video.mp4", "");
      await truncate(file.path, size);
      const saving = blog.storage("media", { endpoint: line.url }).save(file);
      const outcome = saving.catch((error: Error) => error);
      await vi.waitUntil(async () => (await blog.uploads()).length > 0, { interval: 20, timeout: 10_000 });
      return { path: file.path, outcome };
    }

    test("is not lost when the browser goes away and its temporary file with it", async () => {
      const blog = tenant();
      const { path, outcome } = await begin(blog, 80 * MiB);
      await rm(path);
      const url = await outcome;
      expect(url).toBeTypeOf("string");
      expect((await blog.head(blog.keyOf(url as string))).ContentLength).toBe(80 * MiB);
    });

    test("that shrinks meanwhile is an error, and nothing of it stays", async () => {
      const blog = tenant();
      const { path, outcome } = await begin(blog, 80 * MiB);
      await truncate(path, 1000);
      expect(await outcome).toMatchObject({ message: expect.stringMatching(/was changed while.*not stored/) });
      expect([await blog.keys(), await blog.uploads()]).toEqual([[], []]);
    });
  });
}
