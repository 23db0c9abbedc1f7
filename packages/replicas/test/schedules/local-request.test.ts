import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { localServer, requestLocally } from "../../src/schedules/local-request.ts";

describe("a request to the Ghost of this process", () => {
  let server: Server;
  let port: number;
  let seen: { request: IncomingMessage; body: string } | undefined;
  let answer: "answer" | "hang up" | "break off";

  beforeEach(async () => {
    seen = undefined;
    answer = "answer";
    server = createServer(async (request, response) => {
      const chunks = await request.toArray();
      seen = { request, body: Buffer.concat(chunks as Buffer[]).toString() };
      if (answer === "hang up") request.socket.destroy();
      else if (answer === "break off") {
        response.writeHead(200, { "Content-Length": 100 }).write("x");
        setTimeout(() => request.socket.destroy(), 20);
      } else response.writeHead(201).end("{}");
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
  });

  afterEach(() => void server.close());

  const url = "https://blog.example/sub/ghost/api/admin/schedules/posts/a/?token=t";
  const ask = () => requestLocally({ host: "127.0.0.1", port }, url, "PUT", { force: true });

  test("says that it came to the public address", async () => {
    expect(await ask()).toBe(201);
    expect(seen?.request).toMatchObject({ method: "PUT", url: "/sub/ghost/api/admin/schedules/posts/a/?token=t" });
    expect(seen?.request.headers).toMatchObject({ host: "blog.example", "x-forwarded-proto": "https" });
    expect(seen?.body).toBe('{"force":true}');
  });

  test("fails when nobody answers, or not to the end", async () => {
    answer = "hang up";
    await expect(ask()).rejects.toThrow("socket hang up");
    answer = "break off";
    await expect(ask()).rejects.toThrow("aborted");
  });
});

test.each([
  [undefined, "127.0.0.1"],
  ["0.0.0.0", "127.0.0.1"],
  ["::", "127.0.0.1"],
  ["10.1.2.3", "10.1.2.3"],
])("Ghost that listens on %s is asked at %s", (host, expected) => {
  const config: Record<string, unknown> = { "server:host": host, "server:port": "2368" };
  expect(localServer({ get: (key) => config[key] })).toEqual({ host: expected, port: 2368 });
});
