import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startProxy } from "../../network/proxy.ts";
import { startSite, type Site } from "../express.ts";
import { ask, begin } from "../http.ts";
import type { Tenant } from "./tenant.ts";

const SIZE = 300_000;

export function ranges(tenant: () => Tenant): void {
  describe("a part of a video", () => {
    const bytes = randomBytes(SIZE);
    let blog: Tenant;
    let site: Site;
    let url: string;
    let etag: string;
    let modified: string;

    beforeAll(async () => {
      blog = tenant();
      await blog.put("content/media/2026/11/video.mp4", bytes, { ContentType: "video/mp4" });
      site = await startSite({ "/content/media": [blog.storage("media").serve()] });
      url = `${site.url}/content/media/2026/11/video.mp4`;
      const { headers } = await ask(url, {}, "HEAD");
      etag = headers.etag ?? "";
      modified = headers["last-modified"] ?? "";
    });

    afterAll(() => site.close());

    test.each([
      ["bytes=0-0", 0, 1],
      ["bytes=0-1", 0, 2],
      ["bytes=1000-199999", 1000, 200_000],
      ["bytes=299999-", 299_999, SIZE],
      ["bytes=150000-", 150_000, SIZE],
      ["bytes=-500", SIZE - 500, SIZE],
      ["bytes=299990-999999", 299_990, SIZE],
    ])("%s is 206 with exactly those bytes", async (range, from, to) => {
      const { status, headers, body } = await ask(url, { range });
      expect([status, headers["content-range"]]).toEqual([206, `bytes ${from}-${to - 1}/${SIZE}`]);
      expect(headers["content-length"]).toBe(String(to - from));
      expect(body.equals(bytes.subarray(from, to))).toBe(true);
    });

    test("that lies behind the end is 416, with the size", async () => {
      const { status, headers, body } = await ask(url, { range: `bytes=${SIZE}-` });
      expect([status, headers["content-range"]]).toEqual([416, `bytes */${SIZE}`]);
      expect(JSON.parse(String(body))).toMatchObject({ errorType: "RangeNotSatisfiableError" });
    });

    test.each(["bytes=0-1,5-6", "bytes=5-1", "bytes=x-y", "lines=0-1"])("%s gets the whole", async (range) => {
      const { status, body } = await ask(url, { range });
      expect(status).toBe(200);
      expect(body.equals(bytes)).toBe(true);
    });

    test("with If-Range of this version is a part", async () => {
      for (const version of [etag, modified]) {
        const { status, body } = await ask(url, { range: "bytes=0-9", "if-range": version });
        expect([status, body.length]).toEqual([206, 10]);
      }
    });

    test("with If-Range of another version is the whole", async () => {
      for (const version of ['"another"', `W/${etag}`, new Date(0).toUTCString()]) {
        const { status, body } = await ask(url, { range: "bytes=0-9", "if-range": version });
        expect([status, body.length], version).toEqual([200, SIZE]);
      }
    });

    test("is not what HEAD is for", async () => {
      for (const headers of [{ range: "bytes=0-9" }, { range: "bytes=0-9", "if-range": '"another"' }]) {
        const answer = await ask(url, headers, "HEAD");
        expect([answer.status, answer.headers["content-length"]]).toEqual([200, String(SIZE)]);
      }
    });

    test("of a file that is missing is 404", async () => {
      const { status } = await ask(`${site.url}/content/media/none.mp4`, { range: "bytes=0-9" });
      expect(status).toBe(404);
    });
  });

  describe("readers who go away", () => {
    test("200 times leave no connection behind, neither theirs nor to the store", async () => {
      const blog = tenant();
      const line = await startProxy({ target: blog.ground.bucket.access.endpoint });
      await blog.put("content/media/video.mp4", Buffer.alloc(4_000_000));
      // with four connections a single one that leaks soon stops everything
      const media = blog.storage("media", { endpoint: line.url, maxSockets: 4 });
      const site = await startSite({ "/content/media": [media.serve()] });
      const url = `${site.url}/content/media/video.mp4`;
      const leave = async (): Promise<void> => {
        const answer = await begin(url);
        await once(answer, "readable");
        answer.destroy();
      };
      for (let round = 0; round < 20; round += 1) await Promise.all(Array.from({ length: 10 }, leave));
      expect((await ask(url)).body).toHaveLength(4_000_000);
      await vi.waitUntil(async () => (await site.connections()) === 0 && line.stats().open <= 4, { timeout: 5000 });
      await site.close();
      await line.close();
    });
  });
}
