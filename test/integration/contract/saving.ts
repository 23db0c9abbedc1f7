import { readFile, rm } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { Feature } from "../built-adapter.ts";
import { picture } from "../pictures.ts";
import { CDN, SITE, type Tenant } from "./tenant.ts";

const FOR_EVER = "public, max-age=31536000, immutable";

const asLatin1 = (name: string): string => Buffer.from(name).toString("latin1");

export function saving(tenant: () => Tenant): void {
  describe("save", () => {
    test("stores the bytes under the month and answers with the URL on the CDN", async () => {
      const blog = tenant();
      const storage = blog.storage("files");
      const url = await storage.save(await blog.file("paper.txt", "bytes"));
      const path = storage.urlToPath(url);
      expect(path.split("/").slice(0, 2).join("/")).toBe(storage.getTargetDir());
      expect(path.split("/")[2]).toMatch(blog.named("paper", ".txt"));
      expect(url).toBe(`${CDN}/${blog.prefix}/content/files/${path}`);
      expect(await blog.keys()).toEqual([`content/files/${path}`]);
      expect(String(await blog.bytes(`content/files/${path}`))).toBe("bytes");
    });

    test("logs the operation, the key, the bytes, the time and the attempts, and no secret", async () => {
      const blog = tenant();
      await blog.storage("files").save(await blog.file("paper.txt", "bytes"), "2026/11");
      const { log } = blog.ground.adapter;
      expect(log.findLast((line) => line.includes(blog.prefix))).toMatch(
        /done operation=PutObject key=\S+paper\S*\.txt bytes=5 ms=\d+ attempts=1/,
      );
      expect(log.join("")).not.toMatch(/minio-SECRET-password|AWS4-HMAC/);
    });

    test("leaves the temporary file to Ghost", async () => {
      const blog = tenant();
      const file = await blog.file("paper.txt", "bytes");
      await blog.storage("files").save(file);
      expect(await readFile(file.path, "utf8")).toBe("bytes");
    });

    test("without a CDN answers with a URL that is relative to the site and its subdirectory", async () => {
      const blog = tenant();
      const storage = blog.storage("images", { cdnUrl: undefined, siteUrl: `${SITE}/blog` });
      const url = await storage.save(await blog.file("a.txt"), "2026/11");
      expect(url).toMatch(/^\/blog\/content\/images\/2026\/11\/a/);
      expect(await blog.keys()).toEqual([`content/images/${storage.urlToPath(url)}`]);
    });

    test("takes `_o` for an original among images only", async () => {
      const blog = tenant();
      const media = blog.storage("media");
      const urls: string[] = [];
      for (const name of ["clip_o.mp4", "clip.mp4", "clip_o.mp4"]) {
        urls.push(await media.save(await blog.file(name, `bytes ${urls.length}`), "2026/11"));
      }
      const stored = await Promise.all(urls.map(async (url) => String(await blog.bytes(blog.keyOf(url)))));
      expect(stored).toEqual(["bytes 0", "bytes 1", "bytes 2"]);
    });

    test("keeps what it is named that is only dots in its folder", async () => {
      const blog = tenant();
      const url = await blog.storage("files").save(await blog.file("..", "bytes"), "2026/11");
      expect(blog.keyOf(url)).toMatch(/content\/files\/2026\/11\/-/);
    });

    const folders: [Feature, string, string][] = [
      ["images", "2026/11", "content/images/2026/11/"],
      ["images", "content/images/2026/11", "content/images/2026/11/"],
      ["images", "content/images", "content/images/"],
      ["media", "2026/11", "content/media/2026/11/"],
      ["media", "content/media/2026/11", "content/media/2026/11/"],
      ["media", ".", "content/media/"],
      ["files", ".", "content/files/"],
      ["files", "/var/lib/ghost/content/files/2026/11", "content/files/2026/11/"],
    ];
    test.each(folders)("into the %s folder %s ends under %s", async (feature, directory, start) => {
      const blog = tenant();
      await blog.storage(feature).save(await blog.file("a.txt"), directory);
      const [key = ""] = await blog.keys();
      expect(key.startsWith(start)).toBe(true);
      expect(key.slice(start.length)).toMatch(blog.named("a", ".txt"));
    });

    test.each(["../../secret", "content/images/../../../secret", "..%2f..%2fsecret"])(
      "into the folder %s is refused",
      async (directory) => {
        const blog = tenant();
        const saved = blog.storage().save(await blog.file("a.txt"), directory);
        await expect(saved).rejects.toMatchObject({ errorType: "IncorrectUsageError" });
        expect(await blog.keys()).toEqual([]);
      },
    );

    test("takes a file with nothing in it", async () => {
      const blog = tenant();
      const url = await blog.storage("files").save(await blog.file("empty.txt", ""), "2026/11");
      expect((await blog.head(blog.keyOf(url))).ContentLength).toBe(0);
    });

    test("of a file that is gone says so and stores nothing", async () => {
      const blog = tenant();
      const file = await blog.file("a.txt");
      await rm(file.path);
      await expect(blog.storage().save(file)).rejects.toMatchObject({
        errorType: "BadRequestError",
        message: expect.stringMatching(/a\.txt.*cancelled.*Nothing was stored/),
      });
      expect(await blog.keys()).toEqual([]);
    });
  });

  describe("names from everywhere", () => {
    test.each(["город.png", "日本語.png", "café.png"])("%s stays readable", async (name) => {
      const blog = tenant();
      const storage = blog.storage();
      const bytes = await picture();
      const url = await storage.save(await blog.file(asLatin1(name), bytes), "2026/11");
      const [stem = ""] = name.split(".");
      const path = storage.urlToPath(url);
      expect(path.slice("2026/11/".length)).toMatch(blog.named(stem, ".png"));
      expect(url).toBe(`${CDN}/${blog.prefix}/content/images/2026/11/${encodeURIComponent(path.slice(8))}`);
      expect(await blog.keys()).toEqual([`content/images/${path}`]);
      expect(await storage.exists(path)).toBe(true);
      expect(await storage.read({ path: `/${path}` })).toEqual(bytes);
    });

    test.each([
      ["of letters", "x".repeat(3000), ".txt"],
      ["of Cyrillic letters", "г".repeat(3000), ".txt"],
      ["of an extension", "a", `.${"x".repeat(3000)}`],
    ])("a huge one %s is shortened", async (_of, stem, extension) => {
      const blog = tenant();
      const storage = blog.storage("files");
      const url = await storage.save(await blog.file(stem + extension, "x"), "2026/11");
      const [key = ""] = await blog.keys();
      expect(key).toBe(blog.keyOf(url));
      expect(Buffer.byteLength(key.split("/").at(-1) ?? "")).toBeLessThanOrEqual(255);
      expect(await storage.exists(storage.urlToPath(url))).toBe(true);
    });

    test("one that tries to lead elsewhere stays in its folder", async () => {
      const blog = tenant();
      await blog.storage("files").save(await blog.file("..\\..\\%2e%2e%2fetc.txt"), "2026/11");
      await blog.storage("files").save(await blog.file("../../../etc.txt"), "2026/11");
      for (const key of await blog.keys()) expect(key).toMatch(/^content\/files\/2026\/11\/[^/]+\.txt$/);
      expect(await blog.keys()).toHaveLength(2);
    });
  });

  describe("how it is stored", () => {
    const cases: [Feature, string, string | Promise<Buffer>, string, string, string | undefined][] = [
      ["images", "a.png", picture(), "image/png", FOR_EVER, undefined],
      ["images", "a.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", FOR_EVER, "attachment"],
      ["images", "a.html", "<script>alert(1)</script>", "text/plain", FOR_EVER, "attachment"],
      ["media", "a.mp4", "?", "video/mp4", FOR_EVER, undefined],
      ["media", "a_thumb.jpg", picture("jpeg"), "image/jpeg", "public, max-age=300", undefined],
      ["files", "a.html", "<script>alert(1)</script>", "text/plain", FOR_EVER, "attachment"],
      ["files", "a.js", "alert(1)", "text/plain", FOR_EVER, "attachment"],
      ["files", "a.svg", "<svg onload='alert(1)'/>", "text/plain", FOR_EVER, "attachment"],
      ["files", "a.pdf", "%PDF-1.4", "application/pdf", FOR_EVER, undefined],
      ["files", "a.bin", "?", "application/octet-stream", FOR_EVER, "attachment"],
    ];
    test.each(cases)("%s: %s", async (feature, name, bytes, type, cacheControl, disposition) => {
      const blog = tenant();
      // the importer tells no type, a form whatever the browser claims
      for (const claimed of [{}, { type: "text/html" }]) {
        const url = await blog.storage(feature).save(await blog.file(name, await bytes, claimed), "2026/11");
        const head = await blog.head(blog.keyOf(url));
        expect([head.ContentType, head.CacheControl, head.ContentDisposition]).toEqual([
          type,
          cacheControl,
          disposition,
        ]);
      }
    });

    test("with what is configured", async () => {
      const blog = tenant();
      const storage = blog.storage("files", { cacheControl: "no-cache", cacheControlMutable: "no-store" });
      const urls = await Promise.all(
        ["a.txt", "a_thumb.txt"].map(async (name) => storage.save(await blog.file(name), "2026/11")),
      );
      const heads = await Promise.all(urls.map((url) => blog.head(blog.keyOf(url))));
      expect(heads.map(({ CacheControl }) => CacheControl)).toEqual(["no-cache", "no-store"]);
    });
  });
}
