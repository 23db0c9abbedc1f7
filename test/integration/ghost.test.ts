import { drawing, hasGps, photo, thumbnail, video, type UploadFile } from "@stateless-ghost/local";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { picture } from "./pictures.ts";
import { startBlog, type StartedBlog } from "./started-blog.ts";
import { zip } from "./zip.ts";

const FOR_EVER = "public, max-age=31536000, immutable";

async function get(url: string, headers: Record<string, string> = {}) {
  const answer = await fetch(url, { headers, redirect: "manual" });
  return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
}

const file = (name: string, text: string, type: string): UploadFile => ({
  name,
  type,
  bytes: new TextEncoder().encode(text),
});

/** The same image in another size, as Ghost and its themes write it. */
const sized = (url: string, size: string): string => url.replace("/content/images/", `/content/images/size/${size}/`);

describe("a Ghost whose uploads are in a bucket", () => {
  let blog: StartedBlog;

  beforeAll(async () => {
    blog = await startBlog({ secondOrigin: true });
  });

  afterAll(() => blog.stop());

  describe("an image", () => {
    test("is read from the CDN, cleaned, beside an original that is clean as well", async () => {
      const { url } = await blog.api.uploadImage(await photo("Ein Bild.jpg"));
      expect(url).toMatch(new RegExp(`^${blog.edge.url}/content/images/\\d{4}/\\d{2}/Ein-Bild\\.jpg$`));
      for (const [each, width] of [
        [url, 2000],
        [url.replace(".jpg", "_o.jpg"), 2400],
      ] as const) {
        const { status, headers, bytes } = await get(each);
        expect([status, headers.get("content-type"), headers.get("cache-control")]).toEqual([
          200,
          "image/jpeg",
          FOR_EVER,
        ]);
        expect((await sharp(bytes).metadata()).width).toBe(width);
        expect(await hasGps(bytes)).toBe(false);
      }
    });

    test.each(["w600", "w1000", "w600/format/webp", "w1000/format/avif"])(
      "is made %s when a reader asks for it",
      async (size) => {
        const { url } = await blog.api.uploadImage(await photo("sizes.jpg"));
        const path = new URL(sized(url, size)).pathname.slice(1);
        expect(await blog.bucket.keys(path)).toEqual([]);
        const { status, headers, bytes } = await get(sized(url, size));
        const format = size.split("/").at(2) ?? "jpeg";
        expect([status, headers.get("content-type")]).toEqual([200, `image/${format}`]);
        const metadata = await sharp(bytes).metadata();
        expect([metadata.width, metadata.format]).toEqual([
          Number(/\d+/.exec(size)?.[0]),
          format === "avif" ? "heif" : format,
        ]);
        expect((await blog.bucket.head(path)).ContentType).toBe(`image/${format}`);
      },
    );

    test("that nobody has uploaded is 404, in every size", async () => {
      const none = `${blog.edge.url}/content/images/2020/01/none.jpg`;
      expect([(await get(none)).status, (await get(sized(none, "w600"))).status]).toEqual([404, 404]);
    });

    test("is resized once for a hundred readers who come at the same time", async () => {
      const { url } = await blog.api.uploadImage(await photo("stampede.jpg"));
      // past the CDN, which would ask only once
      const cold = sized(url, "w1600").replace(blog.edge.url, blog.url);
      blog.store.reset();
      const answers = await Promise.all(Array.from({ length: 100 }, () => get(cold)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      expect(new Set(answers.map(({ bytes }) => bytes.length)).size).toBe(1);
      expect(blog.store.stats().operations.PutObject).toBe(1);
      blog.store.reset();
      expect((await get(cold)).status).toBe(200);
      expect(blog.store.stats().requests).toBe(0);
    });

    test("of the same name, fifty times at once, is fifty images", async () => {
      const images = await Promise.all(Array.from({ length: 50 }, (_, index) => picture("png", 10 + index)));
      const uploads = await Promise.all(
        images.map((bytes) =>
          blog.api.uploadImage({ name: "same.png", type: "image/png", bytes: new Uint8Array(bytes) }),
        ),
      );
      expect(new Set(uploads.map(({ url }) => url)).size).toBe(50);
      const widths = await Promise.all(
        uploads.map(async ({ url }) => (await sharp((await get(url)).bytes).metadata()).width),
      );
      expect(widths).toEqual(images.map((_, index) => 10 + index));
    });

    test("of vectors cannot run when it is opened", async () => {
      const { url } = await blog.api.uploadImage(drawing());
      const { headers } = await get(url);
      expect([headers.get("content-type"), headers.get("content-disposition")]).toEqual([
        "image/svg+xml",
        "attachment",
      ]);
    });
  });

  describe("a video", () => {
    test("plays in parts, and its thumbnail is replaced under its own URL", async () => {
      const film = video("Фильм.mp4", 20 * 1024 * 1024 + 1);
      const media = await blog.api.uploadMedia(film, await thumbnail());
      expect(decodeURIComponent(media.url)).toMatch(/\/content\/media\/\d{4}\/\d{2}\/Фильм\.mp4$/);
      const part = await get(media.url, { range: "bytes=-100" });
      expect([part.status, part.bytes.equals(Buffer.from(film.bytes.subarray(-100)))]).toEqual([206, true]);
      const poster = media.thumbnail_url ?? "";
      expect(decodeURIComponent(poster)).toMatch(/\/Фильм_thumb\.png$/);
      expect((await get(poster)).headers.get("cache-control")).toBe("public, max-age=300");

      const replaced = await blog.api.replaceThumbnail(media.url, await thumbnail("other.png", 320, 180));
      expect(replaced.url).toBe(poster);
      blog.edge.clear();
      expect((await sharp((await get(poster)).bytes).metadata()).width).toBe(320);
    });
  });

  describe("a file", () => {
    test.each([
      ["page.html", "text/html", "<script>alert(1)</script>", "text/plain"],
      ["script.js", "text/javascript", "alert(1)", "text/plain"],
      ["drawing.svg", "image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "text/plain"],
      ["feed.xml", "text/xml", "<?xml version='1.0'?><a/>", "text/plain"],
      ["letter.docx", "application/x", "PK\u0003\u0004", "application/octet-stream"],
    ])("%s cannot run, on the CDN or on the site", async (name, claimed, text, type) => {
      const { url } = await blog.api.uploadFile(file(name, text, claimed));
      for (const each of [url, url.replace(blog.edge.url, blog.url)]) {
        const { status, headers, bytes } = await get(each);
        expect([status, headers.get("content-type"), headers.get("content-disposition")]).toEqual([
          200,
          type,
          "attachment",
        ]);
        expect(headers.get("x-content-type-options")).toBe("nosniff");
        expect(String(bytes)).toBe(text);
      }
      const onSite = await get(url.replace(blog.edge.url, blog.url));
      expect(onSite.headers.get("content-security-policy")).toMatch(/default-src 'none'.*sandbox/);
    });
  });

  describe("a bookmark", () => {
    test("of the blog's own page keeps its icon in the bucket", async () => {
      const page = encodeURIComponent(`${blog.url}/about/`);
      const { metadata } = await blog.api.send("GET", `oembed/?url=${page}&type=bookmark`);
      expect(metadata.icon).toMatch(new RegExp(`^${blog.edge.url}/content/images/icon/.+`));
      const { status, headers, bytes } = await get(metadata.icon);
      expect([status, headers.get("cache-control")]).toEqual([200, FOR_EVER]);
      expect(headers.get("content-type")).toMatch(/^image\//);
      expect(bytes.length).toBeGreaterThan(100);
    });
  });

  describe("an import", () => {
    test(
      "of 300 images and a post with them is complete, and the post shows every one",
      { timeout: 120_000 },
      async () => {
        const pictures = await Promise.all(
          Array.from({ length: 300 }, (_, index) => picture("png", 20 + (index % 100))),
        );
        const files: Record<string, Uint8Array | string> = {};
        const html: string[] = [];
        pictures.forEach((bytes, index) => {
          // equal names in several folders, and letters from elsewhere
          const path = `content/images/2024/${String((index % 12) + 1).padStart(2, "0")}/${index % 50 === 0 ? "Ünïcode" : "pic"}-${Math.floor(index / 12)}.png`;
          files[path] = bytes;
          html.push(`<p><img src="__GHOST_URL__/${path}"></p>`);
        });
        const post = {
          id: 1,
          title: "Imported",
          slug: "imported",
          html: html.join(""),
          status: "published",
          created_at: 1,
          updated_at: 1,
          published_at: 1,
        };
        files["blog.json"] = JSON.stringify({ meta: { exported_on: 1, version: "5.0.0" }, data: { posts: [post] } });
        const archive = zip(files);
        await blog.api.upload("db/", {
          importfile: { name: "blog.zip", type: "application/zip", bytes: new Uint8Array(archive) },
        });
        const imported = await vi.waitUntil(
          async () =>
            (await blog.api.send("GET", "posts/slug/imported/?formats=html").catch(() => undefined))?.posts[0],
          { timeout: 60_000, interval: 200 },
        );
        const sources = [...String(imported.html).matchAll(/<img[^>]+?src="([^"]+)"/g)].map(
          ([, source = ""]) => source,
        );
        expect(new Set(sources).size).toBe(300);
        const widths = await Promise.all(
          sources.map(async (source) => {
            const { status, bytes } = await get(source.replace("__GHOST_URL__", blog.edge.url));
            expect(status, source).toBe(200);
            return (await sharp(bytes).metadata()).width;
          }),
        );
        expect(widths).toEqual(pictures.map((_, index) => 20 + (index % 100)));
      },
    );
  });

  test("nothing secret is in the log", async () => {
    const log = await blog.log();
    expect(log).toContain("PutObject");
    expect(log).not.toMatch(/X-Amz-Signature|AWS4-HMAC|secretAccessKey/i);
  });
});

describe("a Ghost that makes all sizes at upload, behind a CDN without a second origin", () => {
  let blog: StartedBlog;

  beforeAll(async () => {
    blog = await startBlog({
      secondOrigin: false,
      storage: { variants: { sizes: ["w600", "w1000", "w1600", "w2400"], formats: ["webp"] } },
    });
  });

  afterAll(() => blog.stop());

  test("has every candidate of a post's srcset on the CDN, in its width", async () => {
    const image = await photo("variants.jpg");
    const { url } = await blog.api.uploadImage(image);
    const lexical = {
      root: {
        type: "root",
        version: 1,
        direction: null,
        format: "",
        indent: 0,
        children: [{ type: "image", version: 1, src: url, width: 2000, height: 1333, alt: "", title: "", caption: "" }],
      },
    };
    const draft = await blog.api.createPost({ title: "With sizes", lexical: JSON.stringify(lexical) });
    const post = await blog.api.publish(draft);
    const page = String((await get(post.url)).bytes);
    const srcset = /srcset="([^"]+variants[^"]+)"/.exec(page)?.[1] ?? "";
    const candidates = srcset.split(",").map((candidate) => candidate.trim().split(" "));
    expect(candidates.length).toBeGreaterThanOrEqual(3);
    for (const [source = "", descriptor = ""] of candidates) {
      expect(source.startsWith(`${blog.edge.url}/content/images/`)).toBe(true);
      const { status, bytes } = await get(source);
      expect(status, source).toBe(200);
      expect(`${(await sharp(bytes).metadata()).width}w`).toBe(descriptor);
      expect(await hasGps(bytes)).toBe(false);
    }
    for (const size of ["w600/format/webp", "w1000/format/webp"]) {
      expect((await get(sized(url, size))).headers.get("content-type")).toBe("image/webp");
    }
  });

  test("answers 404 for a size that was not made: nobody is asked for it", async () => {
    const { url } = await blog.api.uploadImage({
      name: "a.png",
      type: "image/png",
      bytes: new Uint8Array(await picture("png", 50)),
    });
    expect((await get(sized(url, "w30"))).status).toBe(404);
  });
});
