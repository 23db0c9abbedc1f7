import { hasGps } from "@stateless-ghost/local";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { picture, telephoneJpeg } from "../pictures.ts";
import { startReplica } from "../replica.ts";
import type { Tenant } from "./tenant.ts";

export function images(tenant: () => Tenant): void {
  describe("privacy", () => {
    test("the place is removed; how the picture is turned, its colours and its pixels are not", async () => {
      const blog = tenant();
      const photo = await telephoneJpeg();
      const url = await blog.storage().save(await blog.file("photo.jpg", photo), "2026/11");
      const stored = await blog.bytes(blog.keyOf(url));
      expect([await hasGps(photo), await hasGps(stored)]).toEqual([true, false]);
      const { orientation, icc } = await sharp(stored).metadata();
      expect(orientation).toBe(6);
      expect(icc).toEqual((await sharp(photo).metadata()).icc);
      expect(await sharp(stored).raw().toBuffer()).toEqual(await sharp(photo).raw().toBuffer());
    });

    test("it is removed from what comes as bytes, too", async () => {
      const blog = tenant();
      const url = await blog.storage().saveRaw(await telephoneJpeg(), "2026/11/inlined.jpg");
      expect(await hasGps(await blog.bytes(blog.keyOf(url)))).toBe(false);
    });

    test("it is kept where that is asked for", async () => {
      const blog = tenant();
      const photo = await telephoneJpeg();
      const url = await blog.storage("images", { imageMetadata: "keep" }).save(await blog.file("photo.jpg", photo));
      expect(await blog.bytes(blog.keyOf(url))).toEqual(photo);
    });

    test("a private original keeps everything, where no CDN reads and Ghost does", async () => {
      const blog = tenant();
      const storage = blog.storage("images", { originals: "private" });
      const photo = await telephoneJpeg();
      const path = storage.urlToPath(await storage.save(await blog.file("photo.jpg", photo), "2026/11"));
      const name = path.slice("2026/11/".length).replace(".jpg", "_o.jpg");
      await storage.save(await blog.file(name, photo), "2026/11");
      expect(await blog.keys()).toEqual([`content/images/${path}`, `private/content/images/2026/11/${name}`]);
      expect(await storage.exists(`/2026/11/${name}`)).toBe(true);
      expect(await storage.read({ path: `/2026/11/${name}` })).toEqual(photo);
      expect(await hasGps(await blog.bytes(`content/images/${path}`))).toBe(false);
      await storage.delete(name, "2026/11");
      expect(await blog.keys()).toEqual([`content/images/${path}`]);
    });

    test("a JPEG that nobody can decode loses what stands before the damage", async () => {
      const blog = tenant();
      const photo = await telephoneJpeg();
      // Cut within the tables that decoding needs, behind the metadata.
      const damaged = photo.subarray(0, photo.indexOf(Buffer.from([0xff, 0xc0])) + 4);
      expect(damaged.includes("Telephone")).toBe(true);
      const url = await blog.storage().save(await blog.file("photo.jpg", damaged));
      const stored = await blog.bytes(blog.keyOf(url));
      expect(stored.includes("Telephone")).toBe(false);
      expect(stored.subarray(-4)).toEqual(damaged.subarray(-4));
    });

    test("what cannot be cleaned in parts is refused, with what to do", async () => {
      const blog = tenant();
      const damaged = (await picture("webp", 40, 30)).subarray(0, 60);
      const saving = blog.storage().save(await blog.file("photo.webp", damaged));
      await expect(saving).rejects.toMatchObject({
        errorType: "BadRequestError",
        message: expect.stringContaining("It was not stored"),
        help: expect.stringContaining("imageMetadata"),
      });
      expect(await blog.keys()).toEqual([]);
    });
  });

  describe("sizes made at upload", () => {
    const variants = { sizes: ["w30", "w100", "w64h64"], formats: ["webp", "avif"] };

    test("lie under exactly the paths for which Ghost looks, with the right widths and formats", async () => {
      const blog = tenant();
      const storage = blog.storage("images", { variants });
      const path = storage.urlToPath(
        await storage.save(await blog.file("a.png", await picture("png", 120, 90)), "2026/11"),
      );
      const made = (await blog.keys("content/images/size/")).map((key) => key.slice("content/images/".length));
      const expected = ["w30", "w100", "w64h64"].flatMap((size) => [
        `size/${size}/${path}`,
        `size/${size}/format/webp/${path}`,
        `size/${size}/format/avif/${path}`,
      ]);
      expect(made).toEqual(expected.toSorted());
      for (const variant of made) {
        const bytes = await blog.bytes(`content/images/${variant}`);
        const { width, format } = await sharp(bytes).metadata();
        const wanted = /format\/(\w+)/.exec(variant)?.[1] ?? "png";
        expect(width, variant).toBe(Number(/w(\d+)/.exec(variant)?.[1]));
        expect(format, variant).toBe(wanted === "avif" ? "heif" : wanted);
        expect((await blog.head(`content/images/${variant}`)).ContentType).toBe(`image/${wanted}`);
        // Ghost, and another replica, are told that it exists
        expect(await storage.exists(`/${variant}`)).toBe(true);
        expect(await blog.storage().exists(`/${variant}`)).toBe(true);
      }
    });

    test("are turned upright and never enlarged", async () => {
      const blog = tenant();
      const storage = blog.storage("images", { variants: { sizes: ["w100", "w2000"], formats: [] } });
      const path = storage.urlToPath(await storage.save(await blog.file("a.jpg", await telephoneJpeg()), "2026/11"));
      const small = await sharp(await blog.bytes(`content/images/size/w100/${path}`)).metadata();
      expect([small.width, small.height, small.orientation]).toEqual([100, 133, undefined]);
      const large = await sharp(await blog.bytes(`content/images/size/w2000/${path}`)).metadata();
      expect(Math.max(large.width, large.height)).toBe(400);
    });

    test("are not made of originals, nor of what cannot be resized", async () => {
      const blog = tenant();
      const storage = blog.storage("images", { variants });
      await storage.save(await blog.file("a_o.png", await picture()), "2026/11");
      await storage.save(await blog.file("a.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>"), "2026/11");
      await storage.save(await blog.file("a.ico", "?"), "2026/11");
      expect(await blog.keys("content/images/size/")).toEqual([]);
      expect(await blog.keys()).toHaveLength(3);
    });

    test("of many uploads at once never wait for each other for ever", async () => {
      const blog = tenant();
      // less memory than the uploads of one moment need
      const options = blog.options({
        variants: { sizes: ["w30"], formats: ["webp"] },
        uploadMemoryBytes: 16 * 1024 * 1024,
      });
      const large = await picture("png", 1600, 1600);
      expect(large.length).toBeGreaterThan(6 * 1024 * 1024);
      const files = await Promise.all(Array.from({ length: 6 }, (_, index) => blog.file(`${index}.png`, large)));
      const replica = await startReplica();
      try {
        const { folder } = blog.ground.adapter;
        await replica.save({ folder, feature: "images", options, files, directory: "2026/11" });
      } finally {
        await replica.kill();
      }
      expect(await blog.keys()).toHaveLength(18);
    });
  });
}
