import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eventually } from "../eventually.ts";
import { Balancer } from "./balancer.ts";

/** More than the buffers on its way hold. */
const LARGE_BYTES = 64 * 1024 * 1024;

let balancer: Balancer;
let servers: Server[];

beforeEach(async () => {
  servers = [];
  balancer = await Balancer.start();
});

afterEach(async () => {
  await balancer.close();
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

async function listen(answer: RequestListener): Promise<number> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function addReplica(answer: RequestListener, ready: () => boolean = () => true): Promise<number> {
  const healthPort = await listen((_, response) => void response.writeHead(ready() ? 200 : 503).end());
  const port = await listen(answer);
  balancer.add({ port, healthPort });
  if (ready()) await eventually("it is used", () => balancer.ready().includes(port));
  return port;
}

async function ask(): Promise<string> {
  return (await fetch(balancer.url)).text();
}

test("asks one replica after the other, and leaves out the one that is not ready", async () => {
  let ready = true;
  await addReplica((_, response) => response.end("one"));
  const other = await addReplica(
    (_, response) => response.end("other"),
    () => ready,
  );
  expect(new Set([await ask(), await ask()])).toEqual(new Set(["one", "other"]));
  ready = false;
  await eventually("the other is left out", () => !balancer.ready().includes(other));
  expect([await ask(), await ask()]).toEqual(["one", "one"]);
  expect(balancer.counts()).toMatchObject({ requests: 4, statuses: { 200: 4 }, refused: 0, broken: 0, unserved: 0 });
});

test("tells the replica where the visitor asked", async () => {
  await addReplica(({ headers }, response) => response.end(`${headers["x-forwarded-proto"]}://${headers.host}`));
  expect(await ask()).toBe(balancer.url);
});

test("answers 503 without a replica that is ready, and passes a refusal on", async () => {
  expect((await fetch(balancer.url)).status).toBe(503);
  await addReplica((_, response) => void response.writeHead(404).end());
  expect((await fetch(balancer.url)).status).toBe(404);
  expect(balancer.counts()).toMatchObject({ unserved: 1, refused: 1, broken: 0 });
});

test("counts an answer that never came, and one that came by half, and tries neither again", async () => {
  let asked = 0;
  await addReplica(({ url, socket }, response) => {
    asked += 1;
    if (url === "/half") response.write("ha", () => socket.destroy());
    else socket.destroy();
  });
  expect((await fetch(`${balancer.url}/none`)).status).toBe(502);
  await expect(fetch(`${balancer.url}/half`).then((answer) => answer.text())).rejects.toThrow("terminated");
  expect(balancer.counts().broken).toBe(2);
  expect(asked).toBe(2);
});

test("does not count a visitor who leaves", async () => {
  let left = false;
  await addReplica(({ socket }) => socket.once("close", () => (left = true)));
  await expect(fetch(balancer.url, { signal: AbortSignal.timeout(200) })).rejects.toThrow("timeout");
  await eventually("the replica hears of it", () => left);
  expect(balancer.counts()).toMatchObject({ requests: 1, broken: 0, refused: 0, statuses: {} });
});

test("streams an upload while it comes in", async () => {
  let received = 0;
  await addReplica(async (incoming, response) => {
    for await (const chunk of incoming) received += chunk.length;
    response.end();
  });
  const bytes = new Uint8Array(LARGE_BYTES / 2);
  const upload = request(balancer.url, { method: "POST" });
  upload.write(bytes);
  await eventually("the first half arrives before the second is sent", () => received === LARGE_BYTES / 2);
  upload.end(bytes);
  const [answer] = await once(upload, "response");
  expect([answer.statusCode, received]).toEqual([200, LARGE_BYTES]);
});

test("refuses connections while it is down, and has its address again afterwards", async () => {
  await addReplica((_, response) => response.end("here"));
  await balancer.down();
  await expect(ask()).rejects.toThrow("fetch failed");
  await balancer.up();
  expect(await ask()).toBe("here");
});
