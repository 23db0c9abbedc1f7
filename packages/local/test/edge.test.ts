import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startBucket, type Bucket } from "../src/bucket.ts";
import { startEdge, type Edge } from "../src/edge.ts";

const FOR_EVER = "public, max-age=31536000, immutable";

let directory: string;
let bucket: Bucket;
let s3: S3Client;
let second: Server;
let edge: Edge;
let asked: IncomingMessage[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "edge-"));
  bucket = await startBucket({ directory });
  const { endpoint, region, ...credentials } = bucket;
  s3 = new S3Client({ endpoint, region, forcePathStyle: true, credentials });
  second = createServer((incoming, response) => {
    asked.push(incoming);
    answer(incoming, response);
  });
  await new Promise<void>((resolve) => second.listen(0, "127.0.0.1", resolve));
});

afterAll(async () => {
  s3.destroy();
  await bucket.close();
  second.closeAllConnections();
  second.close();
  await rm(directory, { recursive: true });
});

beforeEach(async () => {
  asked = [];
  answer = (_request, response) => response.writeHead(404).end("none");
  edge = await startEdge({
    bucket,
    secondOrigin: `http://127.0.0.1:${(second.address() as AddressInfo).port}`,
    originHeaders: { "x-origin-verify": "secret" },
    cacheBytes: 1_000_000,
    originTimeoutMs: 500,
  });
});

afterEach(() => edge.close());

function put(Key: string, Body: string | Uint8Array, more: object = {}) {
  return s3.send(
    new PutObjectCommand({ Bucket: bucket.name, Key, Body, CacheControl: FOR_EVER, ContentType: "image/png", ...more }),
  );
}

describe("an object of the bucket", () => {
  it("is answered, then from memory, under a policy that lets it run nothing", async () => {
    await put("content/images/город 1.png", "0123456789");
    const url = `${edge.url}/content/images/${encodeURIComponent("город 1.png")}`;
    const first = await fetch(url);
    expect(await first.text()).toBe("0123456789");
    expect(Object.fromEntries(first.headers)).toMatchObject({
      "content-type": "image/png",
      "cache-control": FOR_EVER,
      "x-cache": "Miss from edge",
      "x-content-type-options": "nosniff",
      "access-control-allow-origin": "*",
    });
    const again = await fetch(url);
    expect(again.headers.get("x-cache")).toBe("Hit from edge");
    expect(again.headers.get("age")).toBe("0");
    expect(edge.counts).toEqual({ hit: 1, bucket: 1, second: 0 });
    edge.clear();
    expect((await fetch(url)).headers.get("x-cache")).toBe("Miss from edge");
  });

  it.each(["cold", "warm"])("is answered in parts, %s", async (state) => {
    await put("digits", "0123456789");
    if (state === "warm") await fetch(`${edge.url}/digits`);
    const part = async (range: string, more = {}) => {
      const { status, headers, ...body } = await fetch(`${edge.url}/digits`, { headers: { range, ...more } }).then(
        async (response) => ({ status: response.status, headers: response.headers, text: await response.text() }),
      );
      return [status, headers.get("content-range"), body.text];
    };
    expect(await part("bytes=2-4")).toEqual([206, "bytes 2-4/10", "234"]);
    expect(await part("bytes=-3")).toEqual([206, "bytes 7-9/10", "789"]);
    expect((await part("bytes=20-"))[0]).toBe(416);
    expect(await part("bytes=2-4", { "if-range": '"another"' })).toEqual([200, null, "0123456789"]);
  });

  it("is not sent to who has it", async () => {
    const { ETag = "" } = await put("mine", "mine");
    for (const state of ["Miss", "Hit"]) {
      const had = await fetch(`${edge.url}/mine`, { headers: { "if-none-match": ETag } });
      expect([had.status, had.headers.get("x-cache"), had.headers.get("etag")]).toEqual([
        304,
        `${state} from edge`,
        ETag,
      ]);
    }
  });

  it("that may not be kept, or is too large, is passed through", async () => {
    await put("short", "short", { CacheControl: "no-store" });
    const large = Buffer.alloc(600_000, 7);
    await put("large", large);
    for (const name of ["short", "large"]) {
      await fetch(`${edge.url}/${name}`).then((response) => response.arrayBuffer());
      const again = await fetch(`${edge.url}/${name}`);
      expect(again.headers.get("x-cache")).toBe("Miss from edge");
      expect((await again.arrayBuffer()).byteLength).toBe(name === "short" ? 5 : 600_000);
    }
  });

  it("is fetched once for all who ask at one time", async () => {
    await put("popular", "x".repeat(10_000));
    const answers = await Promise.all(Array.from({ length: 40 }, () => fetch(`${edge.url}/popular`)));
    expect(new Set(await Promise.all(answers.map((one) => one.text()))).size).toBe(1);
    expect(edge.counts.bucket).toBe(1);
  });

  it("answers HEAD, and no other methods", async () => {
    await put("head", "0123456789");
    const head = await fetch(`${edge.url}/head`, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "10", ""]);
    expect((await fetch(`${edge.url}/head`, { method: "PUT", body: "x" })).status).toBe(405);
  });
});

describe("the second origin", () => {
  it("is asked for what the bucket lacks, with its query and with who asks", async () => {
    answer = (_request, response) =>
      response.writeHead(200, { "cache-control": FOR_EVER, "content-length": 4, "set-cookie": "a=b" }).end("made");
    const url = `${edge.url}/content/images/size/w600/a%20b.png?v=1`;
    const made = await fetch(url);
    expect(await made.text()).toBe("made");
    expect(made.headers.get("set-cookie")).toBeNull();
    expect(asked[0]?.url).toBe("/content/images/size/w600/a%20b.png?v=1");
    expect(asked[0]?.headers).toMatchObject({ "x-origin-verify": "secret", via: "1.1 edge (CloudFront)" });
    expect((await fetch(url)).headers.get("x-cache")).toBe("Hit from edge");
    expect(asked).toHaveLength(1);
  });

  it("may answer with a redirect, which is passed on as it is", async () => {
    answer = (_request, response) => response.writeHead(302, { location: "/content/images/a.png" }).end();
    const moved = await fetch(`${edge.url}/moved`, { redirect: "manual" });
    expect([moved.status, moved.headers.get("location")]).toEqual([302, "/content/images/a.png"]);
  });

  it("has the last word", async () => {
    expect((await fetch(`${edge.url}/nowhere`)).status).toBe(404);
    expect((await fetch(`${edge.url}/%zz`)).status).toBe(404);
  });

  it("that does not answer is given up", async () => {
    answer = () => {};
    expect((await fetch(`${edge.url}/silent`)).status).toBe(504);
  });

  it("that breaks off ends the answer, whether it would be kept or not", async () => {
    for (const cacheControl of [FOR_EVER, "no-store"]) {
      answer = (_request, response) => {
        response.writeHead(200, { "cache-control": cacheControl, "content-length": 100 });
        response.write("half", () => response.destroy());
      };
      const outcome = await fetch(`${edge.url}/broken`).then(
        (response) =>
          response.text().then(
            () => response.status,
            () => "broken",
          ),
        () => "broken",
      );
      expect(outcome).toBe(cacheControl === FOR_EVER ? 502 : "broken");
    }
  });

  it("that stops in the middle is given up", async () => {
    answer = (_request, response) => {
      response.writeHead(200, { "cache-control": "no-store", "content-length": 100 });
      response.write("half");
    };
    const stuck = await fetch(`${edge.url}/stuck`);
    await expect(stuck.text()).rejects.toThrow("terminated");
  });

  it("hears when the visitor goes away, and the next in line is answered", async () => {
    const closed: string[] = [];
    answer = (incoming, response) => {
      response.on("close", () => closed.push(incoming.url ?? ""));
      if (asked.length > 1) response.writeHead(200, { "cache-control": FOR_EVER, "content-length": 2 }).end("ok");
    };
    const leaver = request(`${edge.url}/left`).on("error", () => {});
    leaver.end();
    await sleep(100);
    const stayed = fetch(`${edge.url}/left`).then((response) => response.text());
    await sleep(100);
    leaver.destroy();
    expect(await stayed).toBe("ok");
    expect(closed[0]).toBe("/left");
  });
});
