import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, request, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { afterEach, expect, test } from "vitest";
import { startHttpProxy, type HttpProxy } from "./http-proxy.ts";
import { operationOf } from "./operation.ts";

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

async function proxyTo(listener: RequestListener): Promise<HttpProxy> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  undo.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const proxy = await startHttpProxy({ target: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  undo.push(() => proxy.close());
  return proxy;
}

const ok: RequestListener = (incoming, response) => {
  incoming.resume();
  incoming.on("end", () => response.end("stored"));
};

test("streams a body both ways unchanged, with its Host and headers, and answers Expect itself", async () => {
  const seen: { host?: string | undefined; sha256?: string } = {};
  const proxy = await proxyTo(async (incoming, response) => {
    const body = await buffer(incoming);
    seen.host = incoming.headers.host;
    seen.sha256 = createHash("sha256").update(body).digest("hex");
    response.setHeader("ETag", '"abc"');
    response.end(body);
  });
  const body = randomBytes(3_000_000);
  const outgoing = request(`${proxy.url}/bucket/key`, {
    method: "PUT",
    headers: { "content-length": body.length, expect: "100-continue" },
  });
  outgoing.flushHeaders();
  await once(outgoing, "continue");
  outgoing.end(body);
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  expect(response.headers.etag).toBe('"abc"');
  expect((await buffer(response)).equals(body)).toBe(true);
  expect(seen).toEqual({
    host: `127.0.0.1:${proxy.port}`,
    sha256: createHash("sha256").update(body).digest("hex"),
  });
});

test("counts requests by method and operation", async () => {
  const proxy = await proxyTo(ok);
  for (const [method, path] of [
    ["PUT", "/b/k"],
    ["HEAD", "/b/k"],
    ["HEAD", "/b/k"],
    ["GET", "/b?list-type=2"],
  ] as const) {
    await (await fetch(proxy.url + path, { method })).arrayBuffer();
  }
  expect(proxy.stats()).toMatchObject({
    requests: 4,
    refused: 0,
    methods: { PUT: 1, HEAD: 2, GET: 1 },
    operations: { PutObject: 1, HeadObject: 2, ListObjectsV2: 1 },
  });
  proxy.reset();
  expect(proxy.stats()).toMatchObject({ requests: 0, operations: {} });
});

test("answers S3's errors for the requests asked for, so many times", async () => {
  const proxy = await proxyTo(ok);
  proxy.set({ status: 503, method: /PUT/, path: /partNumber=/, times: 1 });
  const put = (path: string) => fetch(proxy.url + path, { method: "PUT", body: "bytes" });
  expect((await put("/b/k")).status).toBe(200);
  const refused = await put("/b/k?partNumber=1&uploadId=u");
  expect(refused.status).toBe(503);
  expect(await refused.text()).toContain("<Code>SlowDown</Code>");
  expect((await put("/b/k?partNumber=1&uploadId=u")).status).toBe(200);

  proxy.set({ status: 403 });
  const denied = await fetch(`${proxy.url}/b/k`);
  expect(denied.status).toBe(403);
  expect(await denied.text()).toContain("<Code>AccessDenied</Code>");
  expect((await fetch(`${proxy.url}/b/k`, { method: "HEAD" })).status).toBe(403);
  proxy.set(undefined);
  expect(await (await put("/b/k")).text()).toBe("stored");
  expect(proxy.stats().refused).toBe(3);
});

test("draws the same failures from the same seed", async () => {
  const proxy = await proxyTo(ok);
  const statuses = async () => {
    proxy.set({ status: 503, probability: 0.3, seed: 7 });
    const seen: number[] = [];
    for (let count = 0; count < 40; count += 1) seen.push((await fetch(`${proxy.url}/b/k`)).status);
    return seen;
  };
  const first = await statuses();
  expect(await statuses()).toEqual(first);
  const failures = first.filter((status) => status === 503).length;
  expect(failures).toBeGreaterThan(4);
  expect(failures).toBeLessThan(20);
});

test("passes on that the store hung up, and that the client did", async () => {
  const { promise: gone, resolve: left } = Promise.withResolvers<void>();
  const proxy = await proxyTo((incoming, response) => {
    if (incoming.url === "/b/cut") response.socket?.destroy();
    else incoming.socket.on("close", () => left());
  });
  await expect(fetch(`${proxy.url}/b/cut`)).rejects.toThrow("fetch failed");
  const waiting = new AbortController();
  const answer = fetch(`${proxy.url}/b/slow`, { signal: waiting.signal });
  setTimeout(() => waiting.abort(), 50);
  await expect(answer).rejects.toThrow("abort");
  await gone;
});

test("close leaves no sockets", async () => {
  const proxy = await proxyTo(() => undefined);
  const answer = fetch(`${proxy.url}/b/k`).then(
    (response) => response.text(),
    () => "cut",
  );
  while (proxy.stats().open === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await proxy.close();
  expect(await answer).toBe("cut");
  expect(proxy.stats().open).toBe(0);
});

test.each([
  ["PUT", "/b/k", "PutObject"],
  ["PUT", "/b/k?partNumber=3&uploadId=u", "UploadPart"],
  ["POST", "/b/k?uploads=", "CreateMultipartUpload"],
  ["POST", "/b/k?uploads", "CreateMultipartUpload"],
  ["POST", "/b/k?uploadId=u", "CompleteMultipartUpload"],
  ["DELETE", "/b/k?uploadId=u", "AbortMultipartUpload"],
  ["HEAD", "/b/a/b.jpg", "HeadObject"],
  ["GET", "/b/a/b.jpg?x-id=GetObject", "GetObject"],
  ["GET", "/b/?list-type=2&prefix=a", "ListObjectsV2"],
  ["DELETE", "/b/k?x-id=DeleteObject", "DeleteObject"],
  ["POST", "/b/?delete=", "DeleteObjects"],
  ["HEAD", "/b", "Other"],
  ["PUT", "/b/", "Other"],
])("%s %s is %s", (method, url, operation) => {
  expect(operationOf(method, url)).toBe(operation);
});
