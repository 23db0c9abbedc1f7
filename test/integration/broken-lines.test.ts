import { randomBytes } from "node:crypto";
import { truncate } from "node:fs/promises";
import { describe, expect, test, vi } from "vitest";
import { describeWith, docker } from "../needs.ts";
import { startSite } from "./express.ts";
import { behind, faultyStore, nothingStays } from "./faulty-store.ts";
import { ask } from "./http.ts";
import { startReplica } from "./replica.ts";

const MiB = 1024 * 1024;

describeWith([docker], "on a line to the store that breaks", () => {
  const store = faultyStore();

  describe("connections that break", () => {
    test("in the middle of parts cost time, not data", async () => {
      const blog = store.tenant();
      const proxy = await store.line();
      const bytes = randomBytes(40 * MiB);
      proxy.set({ kind: "reset", afterBytes: 3 * MiB, times: 3 });
      const url = await behind(blog, proxy.url).save(await blog.file("video.mp4", bytes), "2026/11");
      expect(proxy.stats().struck).toBe(3);
      expect((await blog.bytes(blog.keyOf(url))).equals(bytes)).toBe(true);
      expect([await blog.keys(), await blog.uploads()]).toEqual([["content/media/2026/11/video.mp4"], []]);
    });

    test("for good are an error, and nothing stays", async () => {
      const blog = store.tenant();
      const proxy = await store.line();
      proxy.set({ kind: "reset", afterBytes: 3 * MiB });
      const saving = behind(blog, proxy.url).save(await blog.file("video.mp4", randomBytes(40 * MiB)), "2026/11");
      expect((await store.failure(saving)).message).toMatch(/The file was not stored\.$/);
      proxy.set(undefined);
      expect(await nothingStays(blog)).toBe(true);
    });

    test("in the middle of a read are taken up where they broke", async () => {
      const blog = store.tenant();
      const proxy = await store.line();
      const bytes = randomBytes(8 * MiB);
      await blog.put("content/media/video.mp4", bytes);
      const media = behind(blog, proxy.url);
      proxy.set({ kind: "reset", direction: "download", afterBytes: 2 * MiB, times: 2 });
      expect((await media.read({ path: "video.mp4" })).equals(bytes)).toBe(true);
      expect(proxy.stats().struck).toBe(2);

      const site = await startSite({ "/content/media": [media.serve()] });
      proxy.set({ kind: "reset", direction: "download", afterBytes: 2 * MiB, times: 2 });
      expect((await ask(`${site.url}/content/media/video.mp4`)).body.equals(bytes)).toBe(true);
      proxy.set({ kind: "reset", direction: "download", afterBytes: 2 * MiB, times: 1 });
      const part = await ask(`${site.url}/content/media/video.mp4`, { range: "bytes=1000-" });
      expect(part.body.equals(bytes.subarray(1000))).toBe(true);
      await site.close();
    });

    test("at every read end the reader's answer, never with the wrong length", async () => {
      const blog = store.tenant();
      const proxy = await store.line();
      await blog.put("content/media/video.mp4", randomBytes(8 * MiB));
      const media = behind(blog, proxy.url);
      const site = await startSite({ "/content/media": [media.serve()] });
      proxy.set({ kind: "reset", direction: "download", afterBytes: 300 });
      await expect(ask(`${site.url}/content/media/video.mp4`)).resolves.toMatchObject({ status: 500 });
      expect((await store.failure(media.read({ path: "video.mp4" }))).message).toMatch(/The file was not read\.$/);
      await site.close();
    });

    test("leave no connections behind", async () => {
      const blog = store.tenant();
      const proxy = await store.line();
      const media = behind(blog, proxy.url, { maxSockets: 2 });
      await blog.put("content/media/a.bin", randomBytes(MiB));
      const file = await blog.file("b.bin", randomBytes(MiB));
      for (const direction of ["upload", "download"] as const) {
        proxy.set({ kind: "reset", direction, afterBytes: 100_000, times: 40 });
        await Promise.allSettled(Array.from({ length: 10 }, () => media.read({ path: "a.bin" })));
        await Promise.allSettled(Array.from({ length: 3 }, () => media.save(file, "2026/11")));
      }
      proxy.set(undefined);
      expect(await media.read({ path: "a.bin" })).toHaveLength(MiB);
      // Kept alive: two for writing, and the one with which equal reads are answered together.
      await vi.waitUntil(() => proxy.stats().open <= 3, { timeout: 5000 });
    });
  });

  describe("a process that is killed", () => {
    test.each([10 * MiB, 80 * MiB])("while it stores %d bytes leaves no half object to be seen", async (size) => {
      const blog = store.tenant();
      const proxy = await store.line({ rtt: 40, windowBytes: MiB / 4 });
      const file = await blog.file("video.mp4", "");
      await truncate(file.path, size);
      const replica = await startReplica();
      const options = blog.options({ endpoint: proxy.url, conditionalWrites: true });
      const saving = replica.save({
        folder: store.adapterFolder(),
        feature: "media",
        options,
        files: [file],
        directory: "2026/11",
      });
      const outcome = saving.catch((error: Error) => error.message);
      await vi.waitUntil(() => proxy.stats().uploaded > 4 * MiB, { interval: 5, timeout: 10_000 });
      await replica.kill();
      expect(await outcome).toMatch(/ended \(SIGKILL\)/);
      await vi.waitUntil(() => proxy.stats().open === 0, { timeout: 5000 });
      expect(await blog.keys()).toEqual([]);
    });
  });
});
