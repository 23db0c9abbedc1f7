import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { picture } from "../pictures.ts";
import { CDN, SITE, type Tenant } from "./tenant.ts";

export function raw(tenant: () => Tenant): void {
  describe("a resized image", () => {
    test.each([
      ["/size/w600/2026/11/a.jpg", "size/w600/2026/11/a.jpg"],
      ["/size/w600/2026/11/a%20b.jpg", "size/w600/2026/11/a b.jpg"],
      ["/size/w600/2026/11/a.jpg?v=1", "size/w600/2026/11/a.jpg"],
      [`/size/w600/format/webp/2026/11/${encodeURIComponent("город")}.jpg`, "size/w600/format/webp/2026/11/город.jpg"],
    ])("is found under the request's URL %s", async (url, path) => {
      const blog = tenant();
      const storage = blog.storage();
      const bytes = await picture("webp");
      expect(await storage.exists(url)).toBe(false);
      const stored = await storage.saveRaw(bytes, url);
      expect(blog.keyOf(stored)).toBe(`content/images/${path}`);
      expect(await storage.exists(url)).toBe(true);
      // another replica has not been told
      expect(await blog.storage().exists(url)).toBe(true);
      expect(await blog.bytes(`content/images/${path}`)).toEqual(bytes);
    });

    test("has the type of its bytes whatever its name says, and is kept for ever", async () => {
      const blog = tenant();
      await blog.storage().saveRaw(await picture("webp"), "/size/w600/format/webp/2026/11/a.jpg");
      const head = await blog.head("content/images/size/w600/format/webp/2026/11/a.jpg");
      expect([head.ContentType, head.CacheControl]).toEqual(["image/webp", "public, max-age=31536000, immutable"]);
    });

    test("can be made twice", async () => {
      const blog = tenant();
      const [one, two] = [blog.storage(), blog.storage()];
      const urls = await Promise.all([one, two].map(async (each) => each.saveRaw(await picture(), "/size/w30/a.png")));
      expect(urls[0]).toBe(urls[1]);
      expect(await blog.keys()).toEqual(["content/images/size/w30/a.png"]);
    });

    test("that a hundred readers want is made once", async () => {
      const blog = tenant();
      const storage = blog.storage();
      const url = "/size/w600/2026/11/a.png";
      const bytes = await picture();
      let made = 0;
      await Promise.all(
        Array.from({ length: 100 }, async () => {
          if (await storage.exists(url)) return;
          made += 1;
          await storage.saveRaw(bytes, url);
        }),
      );
      expect(made).toBe(1);
    });

    test("is not asked for from memory after its image was deleted", async () => {
      const blog = tenant();
      const storage = blog.storage("images", { variants: { sizes: ["w30"], formats: ["webp"] } });
      const url = await storage.save(await blog.file("a.png", await picture("png", 60)), "2026/11");
      const path = storage.urlToPath(url);
      expect(await storage.exists(`/size/w30/${path}`)).toBe(true);
      await storage.delete(path);
      expect(await storage.exists(`/size/w30/${path}`)).toBe(false);
      expect(await blog.keys()).toEqual([]);
    });
  });

  test("the icon of a bookmark is stored under the path that Ghost chose", async () => {
    const blog = tenant();
    const bytes = await picture();
    const url = await blog.storage().saveRaw(bytes, "icon/favicon-1234.png");
    expect(url).toBe(`${CDN}/${blog.prefix}/content/images/icon/favicon-1234.png`);
    expect((await blog.head(blog.keyOf(url))).ContentType).toBe("image/png");
  });

  test("an inlined SVG or page cannot run", async () => {
    const blog = tenant();
    const svg = await blog.storage().saveRaw(Buffer.from("<svg onload='alert(1)'/>"), "2026/11/a.svg");
    const page = await blog.storage("files").saveRaw(Buffer.from("<script>alert(1)</script>"), "2026/11/a.html");
    const heads = await Promise.all([svg, page].map((url) => blog.head(blog.keyOf(url))));
    expect(heads.map(({ ContentType, ContentDisposition }) => [ContentType, ContentDisposition])).toEqual([
      ["image/svg+xml", "attachment"],
      ["text/plain", "attachment"],
    ]);
  });

  describe("exists, read and delete", () => {
    test.each(["2026/11/a.txt", "/2026/11/a.txt", "content/images/2026/11/a.txt", "/content/images/2026/11/a.txt"])(
      "know a file as %s",
      async (path) => {
        const blog = tenant();
        const storage = blog.storage();
        await blog.put("content/images/2026/11/a.txt", "bytes");
        expect(await storage.exists(path)).toBe(true);
        expect(String(await storage.read({ path }))).toBe("bytes");
        await storage.delete(path);
        expect(await storage.exists(path)).toBe(false);
        expect(await blog.keys()).toEqual([]);
      },
    );

    test("know a file by its folder", async () => {
      const blog = tenant();
      const storage = blog.storage();
      await blog.put("content/images/2026/11/a.txt", "bytes");
      expect(await storage.exists("a.txt", "2026/11")).toBe(true);
      expect(await storage.exists("a.txt", "content/images/2026/11")).toBe(true);
      expect(await storage.exists("a.txt", "2026/12")).toBe(false);
      await storage.delete("a.txt", "2026/11");
      expect(await blog.keys()).toEqual([]);
    });

    test("of what is missing: no, NotFoundError, and nothing to do", async () => {
      const storage = tenant().storage();
      expect(await storage.exists("2026/11/none.txt")).toBe(false);
      await expect(storage.read({ path: "/2026/11/none.txt" })).rejects.toMatchObject({ errorType: "NotFoundError" });
      await expect(storage.delete("2026/11/none.txt")).resolves.toBeUndefined();
    });

    test.each(["../secret", "", "a\0b", "..%2f..%2fsecret"])(
      "of %j, which leads elsewhere: no, and errors",
      async (path) => {
        const storage = tenant().storage();
        expect(await storage.exists(path)).toBe(false);
        await expect(storage.read({ path })).rejects.toMatchObject({ errorType: "IncorrectUsageError" });
        await expect(storage.delete(path)).rejects.toMatchObject({ errorType: "IncorrectUsageError" });
      },
    );

    test("never answer for another feature or tenant", async () => {
      const [mine, theirs] = [tenant(), tenant()];
      await mine.storage().save(await mine.file("a.txt"), "2026/11");
      const [key = ""] = await mine.keys();
      const path = key.slice("content/images/".length);
      expect(await mine.storage().exists(path)).toBe(true);
      expect(await mine.storage("media").exists(path)).toBe(false);
      expect(await theirs.storage().exists(path)).toBe(false);
    });

    test("an empty file is read as no bytes", async () => {
      const blog = tenant();
      await blog.put("content/images/a.txt", "");
      expect(await blog.storage().read({ path: "a.txt" })).toHaveLength(0);
    });
  });

  test("a wrong key is an error of its own, never the answer no", async () => {
    const blog = tenant();
    const storage = blog.storage("images", { secretAccessKey: "WRONG-SECRET", maxAttempts: 1 });
    await blog.put("content/images/a.txt", "x");
    const errors = await Promise.all(
      [
        storage.exists("a.txt"),
        storage.exists("/size/w30/a.txt"),
        storage.read({ path: "a.txt" }),
        storage.delete("a.txt"),
      ].map((asked) => asked.then(String, (error: Error & { help: string; context: string }) => error)),
    );
    for (const error of errors) {
      expect(error).toMatchObject({ errorType: "InternalServerError", help: expect.stringMatching(/.+/) });
      expect(inspect(error, { depth: 8 })).not.toContain("WRONG-SECRET");
    }
    expect(await blog.keys()).toEqual(["content/images/a.txt"]);
  });

  describe("URLs from before the move", () => {
    test.each([`${SITE}/content/media/2020/01/old.mp4`, "/content/media/2020/01/old.mp4"])(
      "%s is understood",
      (url) => {
        expect(tenant().storage("media").urlToPath(url)).toBe("2020/01/old.mp4");
      },
    );

    test("a stranger's is refused", () => {
      const storage = tenant().storage("media");
      expect(() => storage.urlToPath("https://evil.example.com/content/media/a.mp4")).toThrow(/not one of this blog's/);
    });
  });

  test("the local folder of the time before answers for what is not in the bucket yet", async () => {
    const blog = tenant();
    const localFallback = join(blog.ground.folder, `old-${blog.prefix}`);
    await mkdir(dirname(join(localFallback, "2020/01/x")), { recursive: true });
    await writeFile(join(localFallback, "2020/01/old.txt"), "local");
    await blog.put("content/images/2020/01/new.txt", "bucket");
    await writeFile(join(localFallback, "2020/01/new.txt"), "local");
    const storage = blog.storage("images", { localFallback });
    expect(await storage.exists("2020/01/old.txt")).toBe(true);
    expect(String(await storage.read({ path: "/2020/01/old.txt" }))).toBe("local");
    expect(String(await storage.read({ path: "/2020/01/new.txt" }))).toBe("bucket");
    expect(await storage.exists("2020/01/none.txt")).toBe(false);
    expect(await storage.exists("2020")).toBe(false);
    // A post names the local file: an upload must not take its URL.
    const url = await storage.save(await blog.file("old.txt", "another"), "2020/01");
    expect(storage.urlToPath(url)).not.toBe("2020/01/old.txt");
  });
}
