import { posix } from "node:path";
import { describe, expect, test } from "vitest";
import type { Storage, Upload } from "../built-adapter.ts";
import { picture } from "../pictures.ts";
import { startReplica } from "../replica.ts";
import type { Tenant } from "./tenant.ts";

/** As Ghost stores an image that it has made smaller, and then what was uploaded. */
async function upload(blog: Tenant, storage: Storage, file: Upload) {
  const path = storage.urlToPath(await storage.save(file));
  const { name, ext, dir } = posix.parse(path);
  const original = await storage.save(await blog.file(`${name}_o${ext}`, `original of ${name}`), dir);
  return { path, expected: posix.join(dir, `${name}_o${ext}`), original: storage.urlToPath(original) };
}

/** As Ghost replaces it: the name is made from the URL, percent-encoded as it stands there. */
async function replace(blog: Tenant, storage: Storage, videoUrl: string, bytes: Buffer) {
  const name = `${posix.basename(videoUrl, posix.extname(videoUrl))}_thumb.jpg`;
  const folder = posix.dirname(storage.urlToPath(videoUrl));
  if (await storage.exists(name, folder)) await storage.delete(name, folder);
  return storage.save(await blog.file(name, bytes), folder);
}

export function names(tenant: () => Tenant): void {
  describe("equal names", () => {
    test("of uploads at the same time make an object each", async () => {
      const blog = tenant();
      const storage = blog.storage();
      const files = await Promise.all(
        Array.from({ length: 30 }, (_, index) => blog.file("image.txt", `bytes ${index}`)),
      );
      const urls = await Promise.all(files.map((file) => storage.save(file, "2026/11")));
      expect(new Set(urls).size).toBe(30);
      const stored = await Promise.all(urls.map(async (url) => String(await blog.bytes(blog.keyOf(url)))));
      expect(stored).toEqual(files.map((_, index) => `bytes ${index}`));
    });

    test("of 50 uploads from two processes make 50 objects, none lost", async () => {
      const blog = tenant();
      const replicas = await Promise.all([startReplica(), startReplica()]);
      try {
        const files = await Promise.all(
          Array.from({ length: 50 }, (_, index) => blog.file("image.txt", `bytes ${index}`)),
        );
        const halves = [files.slice(0, 25), files.slice(25)];
        const { folder } = blog.ground.adapter;
        const common = { folder, feature: "images", options: blog.options(), directory: "2026/11" } as const;
        const urls = await Promise.all(
          replicas.map((replica, index) => replica.save({ ...common, files: halves[index]! })),
        );
        const all = urls.flat();
        expect(new Set(all).size).toBe(50);
        expect(await blog.keys()).toHaveLength(50);
        const stored = await Promise.all(all.map(async (url) => String(await blog.bytes(blog.keyOf(url)))));
        expect(stored).toEqual(files.map((_, index) => `bytes ${index}`));
      } finally {
        await Promise.all(replicas.map((replica) => replica.kill()));
      }
    });

    test("never replace what another program has put there", async () => {
      const blog = tenant();
      const taken = ["image.txt", "image-1.txt", "image-7.txt"];
      for (const name of taken) await blog.put(`content/images/2026/11/${name}`, "theirs");
      const url = await blog.storage().save(await blog.file("image.txt", "ours"), "2026/11");
      expect(posix.basename(url)).toMatch(
        blog.ground.conditionalWrites ? /^image-8\.txt$/ : /^image-[a-z2-9]{6}\.txt$/,
      );
      expect(String(await blog.bytes(blog.keyOf(url)))).toBe("ours");
      for (const name of taken) expect(String(await blog.bytes(`content/images/2026/11/${name}`))).toBe("theirs");
    });
  });

  describe("an import", () => {
    test("finds every file under the path that it was told before", async () => {
      const blog = tenant();
      const storage = blog.storage();
      await blog.put("content/images/2026/11/image.txt", "somebody's");
      const files = await Promise.all(
        Array.from({ length: 30 }, async (_, index) => ({
          ...(await blog.file("image.txt", `bytes ${index}`)),
          targetDir: "content/images/2026/11",
        })),
      );
      const paths = await Promise.all(files.map((file) => storage.getUniqueFileName(file, file.targetDir)));
      const urls = await Promise.all(files.map((file) => storage.save(file, file.targetDir)));
      expect(new Set(paths).size).toBe(30);
      expect(urls.map((url) => blog.keyOf(url))).toEqual(paths);
      const stored = await Promise.all(paths.map(async (path) => String(await blog.bytes(path))));
      expect(stored).toEqual(files.map((_, index) => `bytes ${index}`));
    });

    test.each([
      ["media", "2026/11"],
      ["media", "."],
      ["files", "2026/11"],
      ["files", "."],
    ] as const)("of %s into %s gets its path in that form", async (feature, directory) => {
      const blog = tenant();
      const storage = blog.storage(feature);
      const file = await blog.file("folder/a.txt");
      const path = await storage.getUniqueFileName(file, directory);
      expect(posix.dirname(path)).toBe(directory);
      const url = await storage.save(file, directory);
      expect(blog.keyOf(url)).toBe(posix.join(`content/${feature}`, path));
    });

    test("that is rolled back leaves nothing", async () => {
      const blog = tenant();
      const storage = blog.storage();
      const path = storage.urlToPath(await storage.save(await blog.file("a.txt"), "content/images/2026/11"));
      await storage.delete(posix.basename(path), posix.dirname(path));
      expect(await blog.keys()).toEqual([]);
    });
  });

  test("inlined media land at the name that was asked for first", async () => {
    const blog = tenant();
    const storage = blog.storage();
    const folder = storage.getTargetDir(storage.storagePath);
    const asked = await Promise.all(
      Array.from({ length: 10 }, () => storage.getUniqueFileName({ name: "remote.txt" }, folder)),
    );
    expect(new Set(asked).size).toBe(10);
    const urls = await Promise.all(
      asked.map((path, index) => storage.saveRaw(Buffer.from(`${index}`), posix.relative(storage.storagePath, path))),
    );
    const stored = await Promise.all(urls.map(async (url) => String(await blog.bytes(blog.keyOf(url)))));
    expect(stored).toEqual(asked.map((_, index) => `${index}`));
    // the post holds what was answered last
    expect(new Set(urls).size).toBe(10);
  });

  describe("the original beside a resized image", () => {
    test("lies exactly where Ghost looks for it, for equal names too", async () => {
      const blog = tenant();
      const storage = blog.storage();
      const uploads = await Promise.all(
        Array.from({ length: 5 }, async () => upload(blog, storage, await blog.file("image.txt"))),
      );
      for (const { original, expected } of uploads) expect(original).toBe(expected);
      expect(new Set(uploads.map(({ original }) => original)).size).toBe(5);
      expect(await blog.keys()).toHaveLength(10);
    });

    test("replaces one that an image which is gone has left behind", async () => {
      const blog = tenant();
      const storage = blog.storage();
      const left = `content/images/${storage.getTargetDir()}/image_o.txt`;
      await blog.put(left, "left behind");
      const { original, expected, path } = await upload(blog, storage, await blog.file("image.txt"));
      expect(original).toBe(expected);
      const bytes = await blog.bytes(`content/images/${original}`);
      expect(String(bytes)).toBe(`original of ${posix.parse(path).name}`);
    });
  });

  describe("the thumbnail of a video", () => {
    test.each(["video.mp4", "город.mp4", "my holiday.mp4"])("of %s is replaced under its own key", async (name) => {
      const blog = tenant();
      const storage = blog.storage("media");
      const video = await storage.save(await blog.file(name, "video"), "2026/11");
      const first = await replace(blog, storage, video, await picture("jpeg", 8));
      const { name: stem } = posix.parse(storage.urlToPath(video));
      expect(storage.urlToPath(first)).toBe(`2026/11/${stem}_thumb.jpg`);
      for (const width of [16, 24]) {
        const bytes = await picture("jpeg", width);
        expect(await replace(blog, storage, video, bytes)).toBe(first);
        expect(await blog.bytes(blog.keyOf(first))).toEqual(bytes);
      }
      expect(await blog.keys()).toHaveLength(2);
    });

    test("of a video from before the move is replaced as well", async () => {
      const blog = tenant();
      const storage = blog.storage("media");
      await blog.put("content/media/2020/01/old.mp4", "video");
      await blog.put("content/media/2020/01/old_thumb.jpg", "old");
      const bytes = await picture("jpeg");
      const url = await replace(blog, storage, "/content/media/2020/01/old.mp4", bytes);
      expect(blog.keyOf(url)).toBe("content/media/2020/01/old_thumb.jpg");
      expect(await blog.bytes(blog.keyOf(url))).toEqual(bytes);
    });
  });
}
