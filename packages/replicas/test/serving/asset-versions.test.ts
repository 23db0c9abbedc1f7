import { afterEach, expect, test } from "vitest";
import type { Ghost } from "../../src/ghost/ghost.ts";
import { assetVersions } from "../../src/serving/asset-versions.ts";
import { serve } from "./served.ts";

/** As a page of this replica has it. */
const OURS = "ours";

let served: Awaited<ReturnType<typeof serve>>;

afterEach(() => served.close());

async function open({ hashed = true, isOpen = true } = {}) {
  const ghost = {
    config: { get: () => hashed },
    use: () => (path: string) => {
      if (path === "assets/folder")
        throw Object.assign(new Error("illegal operation on a directory"), { code: "EISDIR" });
      return path === "assets/favicon.ico" ? "/favicon.ico" : `/blog/${path}?v=${OURS}`;
    },
  } as unknown as Ghost;
  served = await serve(assetVersions({ ghost, base: "/blog", isOpen: () => isOpen }), (request, response) => {
    const status = request.headers["if-none-match"] ? 304 : 200;
    response.writeHead(status, { "Cache-Control": "public, max-age=31536000", ETag: '"1"', "Last-Modified": "then" });
    response.end();
  });
  return async (path: string, headers: Record<string, string> = {}) => {
    const answer = await served.get(path, { headers });
    return [answer.status, answer.headers.get("cache-control"), answer.headers.get("etag")];
  };
}

const kept = [200, "public, max-age=31536000", '"1"'];
const unkept = [200, "no-store", null];

test("what this replica would write itself is kept for as long as Ghost says", async () => {
  const get = await open();
  expect(await get(`/blog/assets/x.css?v=${OURS}`)).toEqual(kept);
  expect(await get(`/blog/public/cards.min.css?v=${OURS}`)).toEqual(kept);
  expect(await get("/blog/assets/x.css")).toEqual(kept);
  expect((await get(`/blog/assets/x.css?v=${OURS}`, { "if-none-match": '"1"' }))[0]).toBe(304);
});

test("another version is not stored, and not confirmed", async () => {
  const get = await open();
  expect(await get("/blog/assets/x.css?v=theirs")).toEqual(unkept);
  expect(await get("/blog/public/cards.min.css?v=theirs")).toEqual(unkept);
  expect(await get("/blog/assets/x.css?v=theirs", { "if-none-match": '"1"' })).toEqual(unkept);
});

test("other addresses are none of its business", async () => {
  const get = await open();
  for (const path of ["/blog/page?v=theirs", "/assets/x.css?v=theirs", "/blog/assets/%E0%A4%A?v=theirs"]) {
    expect(await get(path)).toEqual(kept);
  }
});

test("an address that Ghost cannot make a hash for ends neither the request nor the process", async () => {
  expect(await (await open())("/blog/assets/folder?v=theirs")).toEqual(unkept);
});

test("nothing is said where Ghost draws a number for its hash, or before it has booted", async () => {
  expect(await (await open({ hashed: false }))("/blog/assets/x.css?v=theirs")).toEqual(kept);
  served.close();
  expect(await (await open({ isOpen: false }))("/blog/assets/x.css?v=theirs")).toEqual(kept);
});
