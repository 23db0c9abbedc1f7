import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startHttpProxy } from "../../network/http-proxy.ts";
import { startSite, type RequestHandler, type Site } from "../express.ts";
import { ask } from "../http.ts";
import { picture } from "../pictures.ts";
import { CDN, type Tenant } from "./tenant.ts";

/** As Ghost does it before the adapter is asked. */
const typed: RequestHandler = (_request, response, next) => {
  response.setHeader("Content-Type", "image/webp");
  next();
};

export function serving(tenant: () => Tenant): void {
  describe("serve", () => {
    let blog: Tenant;
    let site: Site;
    let url: string;

    beforeAll(async () => {
      blog = tenant();
      const storage = blog.storage();
      await blog.put("content/images/2026/11/a b.txt", "bytes", {
        ContentType: "text/plain",
        CacheControl: "public, max-age=31536000, immutable",
      });
      await blog.put("content/images/2026/11/empty.txt", "");
      await blog.put("content/images/2026/11/город.txt", "г");
      await blog.put("content/images/2026/11/100%.txt", "all of it");
      await blog.put("content/images/drawing.svg", "<svg/>", {
        ContentType: "image/svg+xml",
        ContentDisposition: "attachment",
      });
      await blog.put("private/content/images/2026/11/a_o.txt", "private");
      site = await startSite({ "/content/images": [storage.serve()] });
      url = `${site.url}/content/images/2026/11/a%20b.txt`;
    });

    afterAll(() => site.close());

    test("streams a file as it is stored, and nothing in it can run", async () => {
      const { status, headers, body } = await ask(url);
      expect([status, String(body)]).toEqual([200, "bytes"]);
      expect(headers).toMatchObject({
        "content-type": "text/plain",
        "content-length": "5",
        "cache-control": "public, max-age=31536000, immutable",
        "accept-ranges": "bytes",
        "x-content-type-options": "nosniff",
        "content-security-policy": expect.stringMatching(/default-src 'none'.*sandbox/),
        etag: expect.stringMatching(/^".+"$/),
        "last-modified": expect.stringMatching(/ GMT$/),
      });
    });

    test("keeps the disposition of what must not open", async () => {
      const { headers } = await ask(`${site.url}/content/images/drawing.svg`);
      expect([headers["content-type"], headers["content-disposition"]]).toEqual(["image/svg+xml", "attachment"]);
    });

    test.each([
      ["empty.txt", ""],
      [`${encodeURIComponent("город")}.txt`, "г"],
      ["100%25.txt", "all of it"],
    ])("finds %s", async (path, content) => {
      const { status, body } = await ask(`${site.url}/content/images/2026/11/${path}`);
      expect([status, String(body)]).toEqual([200, content]);
    });

    test("answers HEAD as GET, without the bytes", async () => {
      const [head, whole] = [await ask(url, {}, "HEAD"), await ask(url)];
      expect([head.status, head.body.length]).toEqual([200, 0]);
      for (const name of ["content-length", "content-type", "etag", "last-modified", "cache-control"]) {
        expect(head.headers[name], name).toBe(whole.headers[name]);
      }
    });

    test("answers 304 to who has it, by tag or by date", async () => {
      const { headers } = await ask(url);
      const { etag = "", "last-modified": modified = "" } = headers;
      for (const condition of [{ "if-none-match": etag }, { "if-modified-since": modified }]) {
        for (const method of ["GET", "HEAD"] as const) {
          const { status, body } = await ask(url, condition, method);
          expect([status, body.length], `${method} ${JSON.stringify(condition)}`).toEqual([304, 0]);
        }
      }
      // the embedded server leaves it out
      expect([etag, undefined]).toContain((await ask(url, { "if-none-match": etag })).headers.etag);
      expect((await ask(url, { "if-none-match": '"old"', "if-modified-since": modified })).status).toBe(200);
      expect((await ask(url, { "if-modified-since": new Date(0).toUTCString() })).status).toBe(200);
    });

    test.each(["none.txt", "", "2026", "%2e%2e/%2e%2e/private/content/images/2026/11/a_o.txt", "a%00b", "%E0%A4%A"])(
      "says of %j that there is no such file",
      async (path) => {
        const { status } = await ask(`${site.url}/content/images/${path}`);
        expect([400, 404]).toContain(status);
      },
    );

    test("says it in Ghost's words", async () => {
      const { body } = await ask(`${site.url}/content/images/none.txt`);
      expect(JSON.parse(String(body))).toMatchObject({ errorType: "NotFoundError", code: "STATIC_FILE_NOT_FOUND" });
    });

    test("does not show a private original", async () => {
      const hidden = await startSite({ "/content/images": [blog.storage("images", { originals: "private" }).serve()] });
      expect((await ask(`${hidden.url}/content/images/2026/11/a_o.txt`)).status).toBe(404);
      await hidden.close();
    });
  });

  describe("serve, of sizes", () => {
    test("keeps the type that Ghost has set for another format", async () => {
      const blog = tenant();
      const storage = blog.storage();
      const bytes = await picture("webp");
      await storage.saveRaw(bytes, "/size/w600/format/webp/a.jpg");
      for (const each of [storage, blog.storage()]) {
        const site = await startSite({ "/content/images": [typed, each.serve()] });
        const answer = await ask(`${site.url}/content/images/size/w600/format/webp/a.jpg`);
        expect([answer.status, answer.headers["content-type"], answer.body]).toEqual([200, "image/webp", bytes]);
        await site.close();
      }
    });

    test("costs the store nothing when it is warm", async () => {
      const blog = tenant();
      const store = await startHttpProxy({ target: blog.ground.bucket.access.endpoint });
      const storage = blog.storage("images", { endpoint: store.url });
      const site = await startSite({ "/content/images": [storage.serve()] });
      const url = `${site.url}/content/images/size/w600/a.png`;
      const bytes = await picture();
      await blog.put("content/images/size/w600/a.png", bytes, { ContentType: "image/png" });
      expect(await storage.exists("/size/w600/a.png")).toBe(true);
      store.reset();
      const { headers, body } = await ask(url);
      expect(body).toEqual(bytes);
      expect((await ask(url, { "if-none-match": headers.etag ?? "" })).status).toBe(304);
      expect((await ask(url, {}, "HEAD")).headers["content-length"]).toBe(String(bytes.length));
      expect(store.stats().requests).toBe(0);
      await site.close();
      await store.close();
    });
  });

  describe("serve, as a redirect", () => {
    let blog: Tenant;
    let site: Site;

    beforeAll(async () => {
      blog = tenant();
      await blog.put("content/images/a b.txt", "bytes");
      await blog.put("content/images/size/w30/a.txt", "small");
      const storage = blog.storage("images", { serve: "redirect", originHeader: "X-Origin-Verify" });
      site = await startSite({ "/content/images": [storage.serve()] });
    });

    afterAll(() => site.close());

    test("sends readers of old URLs to the CDN, not for ever", async () => {
      const { status, headers } = await ask(`${site.url}/content/images/a%20b.txt`);
      expect([status, headers.location]).toEqual([302, `${CDN}/${blog.prefix}/content/images/a%20b.txt`]);
      expect(headers["cache-control"]).toBe("public, max-age=300");
    });

    test.each(["x-origin-verify", "x-amz-cf-id", "cdn-loop"])("never sends the CDN to itself (%s)", async (header) => {
      const { status, body } = await ask(`${site.url}/content/images/a%20b.txt`, { [header]: "x" });
      expect([status, String(body)]).toEqual([200, "bytes"]);
    });

    test("streams sizes, which the CDN asks for because it does not have them", async () => {
      expect((await ask(`${site.url}/content/images/size/w30/a.txt`)).status).toBe(200);
    });
  });

  describe("serve, of the local folder of the time before", () => {
    let site: Site;

    beforeAll(async () => {
      const blog = tenant();
      const localFallback = join(blog.ground.folder, `served-${blog.prefix}`);
      await mkdir(localFallback);
      await writeFile(join(localFallback, "old.txt"), "0123456789");
      await writeFile(join(localFallback, "old.html"), "<script>alert(1)</script>");
      await writeFile(join(localFallback, ".env"), "secret");
      site = await startSite({ "/content/images": [blog.storage("images", { localFallback }).serve()] });
    });

    afterAll(() => site.close());

    test("sends files whole and in parts, cached for a short time", async () => {
      const whole = await ask(`${site.url}/content/images/old.txt`);
      expect([whole.status, String(whole.body)]).toEqual([200, "0123456789"]);
      expect(whole.headers).toMatchObject({
        "cache-control": "public, max-age=300",
        "x-content-type-options": "nosniff",
      });
      const part = await ask(`${site.url}/content/images/old.txt`, { range: "bytes=2-4" });
      expect([part.status, String(part.body)]).toEqual([206, "234"]);
      const behind = await ask(`${site.url}/content/images/old.txt`, { range: "bytes=99-" });
      expect(behind.status).toBe(416);
    });

    test("makes a page inert and shows no hidden file", async () => {
      const { headers } = await ask(`${site.url}/content/images/old.html`);
      expect([headers["content-type"], headers["content-disposition"]]).toEqual(["text/plain", "attachment"]);
      expect((await ask(`${site.url}/content/images/.env`)).status).toBe(404);
    });
  });
}
