import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { describeWith, docker } from "../needs.ts";
import { behind, faultyStore, nothingStays } from "./faulty-store.ts";
import { first } from "./interference.ts";

const MiB = 1024 * 1024;

describeWith([docker], "on a store that refuses", () => {
  const store = faultyStore();

  describe("a store that is overloaded", () => {
    test.each(["small", "large"])("for a moment gets a %s file at the next attempt", async (size) => {
      const blog = store.tenant();
      const bytes = randomBytes(size === "small" ? 1000 : 40 * MiB);
      const endpoint = await store.answering({ status: 503, times: 2 });
      const url = await behind(blog, endpoint).save(await blog.file("video.mp4", bytes), "2026/11");
      expect((await blog.bytes(blog.keyOf(url))).equals(bytes)).toBe(true);
      expect([await blog.keys(), await blog.uploads()]).toEqual([["content/media/2026/11/video.mp4"], []]);
    });

    test("now and then loses none of many files", async () => {
      const blog = store.tenant();
      const media = behind(blog, await store.answering({ status: 503, probability: 0.1 }));
      const files = await Promise.all(Array.from({ length: 30 }, (_, index) => blog.file("a.txt", `bytes ${index}`)));
      const saved = await Promise.allSettled(files.map((file) => media.save(file, "2026/11")));
      const urls = saved.map((each) => (each.status === "fulfilled" ? each.value : undefined));
      const stored = await Promise.all(urls.map(async (url) => url && String(await blog.bytes(blog.keyOf(url)))));
      expect(stored).toEqual(urls.map((url, index) => url && `bytes ${index}`));
      expect(await blog.keys()).toHaveLength(urls.filter(Boolean).length);
      expect(urls.filter(Boolean).length).toBeGreaterThan(25);
    });

    test.each([
      ["PUT", 1000],
      ["POST", 20 * MiB],
      ["PUT", 20 * MiB],
    ])("for good (%s of %d bytes) is an error, and nothing stays", async (method, size) => {
      const blog = store.tenant();
      const endpoint = await store.answering({ status: 503, method: new RegExp(method) });
      const error = await store.failure(behind(blog, endpoint).save(await blog.file("video.mp4", randomBytes(size))));
      expect(error).toMatchObject({ code: "S3_UNAVAILABLE", message: expect.stringMatching(/overloaded.*not stored/) });
      expect(await nothingStays(blog)).toBe(true);
    });
  });

  describe("a store that forbids", () => {
    test("to ask for an object's existence still takes large files", async () => {
      const blog = store.tenant();
      const bytes = randomBytes(20 * MiB);
      const media = behind(blog, await store.answering({ status: 403, method: /HEAD/ }));
      const url = await media.save(await blog.file("video.mp4", bytes), "2026/11");
      expect((await blog.bytes(blog.keyOf(url))).equals(bytes)).toBe(true);
    });

    test.each([
      ["PUT", 1000, "s3:PutObject"],
      ["POST", 20 * MiB, "s3:PutObject"],
      ["PUT", 20 * MiB, "s3:PutObject"],
    ])("writing (%s of %d bytes) is reported with the permission that is missing", async (method, size, permission) => {
      const blog = store.tenant();
      const endpoint = await store.answering({ status: 403, method: new RegExp(method) });
      const error = await store.failure(behind(blog, endpoint).save(await blog.file("video.mp4", randomBytes(size))));
      expect(error).toMatchObject({ code: "S3_FORBIDDEN", message: expect.stringMatching(/refused.*not stored/) });
      expect(error.help).toContain(permission);
      expect(await nothingStays(blog)).toBe(true);
    });

    test("reading is neither taken for a missing file nor for a free name", async () => {
      const blog = store.tenant();
      await blog.put("content/media/a.txt", "x");
      const media = behind(blog, await store.answering({ status: 403, method: /GET|HEAD/ }));
      for (const asked of [media.exists("a.txt"), media.exists("/size/w30/a.txt"), media.read({ path: "a.txt" })]) {
        expect(await store.failure(asked)).toMatchObject({ code: "S3_FORBIDDEN", errorType: "InternalServerError" });
      }
    });

    test("listing only makes names less beautiful", async () => {
      const blog = store.tenant();
      await blog.put("content/media/2026/11/a.txt", "theirs");
      const media = behind(blog, await store.answering({ status: 403, path: /list-type/ }));
      const url = await media.save(await blog.file("a.txt", "ours"), "2026/11");
      expect(blog.keyOf(url)).toMatch(/^content\/media\/2026\/11\/a-[a-z2-9]{6}\.txt$/);
    });
  });

  test("of a file that is gone that there is none (GCS) has deleted it", async () => {
    const blog = store.tenant();
    const proxy = await store.interference(first(1, "DeleteObject", { status: 404, code: "NoSuchKey" }));
    await expect(behind(blog, proxy.url).delete("2026/11/a.txt")).resolves.toBeUndefined();
    expect(proxy.seen).toEqual(["DeleteObject"]);
  });

  describe("an answer that is lost", () => {
    test.each([1, 2, 3])("%d times does not make a second object", async (times) => {
      const blog = store.tenant();
      const proxy = await store.interference(first(times, "PutObject", "lose the answer"));
      const url = await behind(blog, proxy.url).save(await blog.file("a.txt", "bytes"), "2026/11");
      expect(await blog.keys()).toEqual([blog.keyOf(url)]);
      expect(blog.keyOf(url)).toBe("content/media/2026/11/a.txt");
      expect(proxy.seen.filter((operation) => operation === "PutObject").length).toBeGreaterThan(1);
    });

    test.each([1, 2, 3])("%d times at the end of a large upload does not, either", async (times) => {
      const blog = store.tenant();
      const proxy = await store.interference(first(times, "CompleteMultipartUpload", "lose the answer"));
      const bytes = randomBytes(20 * MiB);
      const url = await behind(blog, proxy.url).save(await blog.file("a.mp4", bytes), "2026/11");
      expect(blog.keyOf(url)).toBe("content/media/2026/11/a.mp4");
      expect((await blog.bytes(blog.keyOf(url))).equals(bytes)).toBe(true);
      expect([await blog.keys(), await blog.uploads()]).toEqual([["content/media/2026/11/a.mp4"], []]);
    });

    test("of somebody else's object is not taken for ours", async () => {
      const blog = store.tenant();
      await blog.put("content/media/2026/11/a.txt", "theirs");
      const proxy = await store.interference(first(1, "PutObject", "lose the answer"));
      const url = await behind(blog, proxy.url).save(await blog.file("a.txt", "ours"), "2026/11");
      expect(blog.keyOf(url)).toBe("content/media/2026/11/a-1.txt");
      expect(String(await blog.bytes("content/media/2026/11/a.txt"))).toBe("theirs");
    });
  });

  describe("writes that are in each other's way", () => {
    const conflict = { status: 409, code: "ConditionalRequestConflict" };
    const taken = { status: 412, code: "PreconditionFailed" };

    test.each(["PutObject", "CompleteMultipartUpload"] as const)("are tried again (%s)", async (operation) => {
      const blog = store.tenant();
      const proxy = await store.interference(first(2, operation, conflict));
      const bytes = randomBytes(operation === "PutObject" ? 1000 : 20 * MiB);
      const url = await behind(blog, proxy.url).save(await blog.file("a.mp4", bytes), "2026/11");
      expect((await blog.bytes(blog.keyOf(url))).equals(bytes)).toBe(true);
      expect([await blog.keys(), await blog.uploads()]).toEqual([["content/media/2026/11/a.mp4"], []]);
    });

    test.each(["PutObject", "CompleteMultipartUpload"] as const)("for good are an error (%s)", async (operation) => {
      const blog = store.tenant();
      const proxy = await store.interference(first(Infinity, operation, conflict));
      const bytes = randomBytes(operation === "PutObject" ? 1000 : 20 * MiB);
      await store.failure(behind(blog, proxy.url).save(await blog.file("a.mp4", bytes), "2026/11"));
      expect(await nothingStays(blog)).toBe(true);
    });

    test.each(["PutObject", "CompleteMultipartUpload"] as const)(
      "that always lose end, too (%s)",
      async (operation) => {
        const blog = store.tenant();
        const proxy = await store.interference(first(Infinity, operation, taken));
        const bytes = randomBytes(operation === "PutObject" ? 1000 : 20 * MiB);
        const error = await store.failure(behind(blog, proxy.url).save(await blog.file("a.mp4", bytes), "2026/11"));
        expect(error).toMatchObject({ errorType: "ConflictError", message: expect.stringMatching(/No free name/) });
        // a bounded number of names, each with what an upload takes
        expect(proxy.seen.filter((asked) => asked === operation).length).toBeLessThanOrEqual(6);
        expect(await nothingStays(blog)).toBe(true);
      },
    );
  });
});
