import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { AdminSession } from "../../src/check/admin-session.ts";
import { everywhere } from "../../src/check/blog.ts";
import { Interruption } from "../../src/check/interruption.ts";
import { Replica } from "../../src/check/replica.ts";

const SITE = "https://blog.example.com";

const STAFF = { id: "1", email: "check@example.invalid", password: "a password" };

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function replicaThat(answer: RequestListener, interruption = new Interruption()): Promise<Replica> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  const name = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return new Replica(interruption, name, `http://${name}`);
}

test("a replica is asked as by the proxy before it, and redirects are answers", async () => {
  const replica = await replicaThat(({ url, headers }, response) =>
    response.writeHead(301, { location: "/" }).end(`${headers["x-forwarded-proto"]}://${headers.host}${url}`),
  );
  const { status, bytes } = await replica.ask(`${SITE}/a/page/?of=it`);
  expect([status, bytes.toString()]).toEqual([301, `${SITE}/a/page/?of=it`]);
});

test("one that is gone is named, with the reason", async () => {
  const replica = await replicaThat(() => {});
  servers[0]!.close();
  await expect(replica.ask(SITE)).rejects.toThrow(
    new RegExp(`^Replica ${replica.name.split(" ")[1]} did not answer \\(.*ECONNREFUSED`),
  );
});

test("an interruption ends what waits with its reason, no change, and nothing that follows", async () => {
  const interruption = new Interruption();
  const silent = await replicaThat(() => {}, interruption);
  const quick = await replicaThat((_, response) => response.end("here"), interruption);
  const asked = silent.ask(SITE);
  const waited = everywhere({ replicas: [quick], withinMs: 60_000, interruption }, "It", async () => "is not there");
  const slow = await replicaThat((_, response) => void setTimeout(() => response.end("changed"), 150), interruption);
  const change = slow.ask(SITE, { method: "PUT" });
  setTimeout(() => interruption.interrupt(new Error("asked to end")), 50);
  await expect(asked).rejects.toThrow("asked to end");
  await expect(waited).rejects.toThrow("asked to end");
  expect((await change).bytes.toString()).toBe("changed");
  interruption.disarm();
  interruption.interrupt(new Error("asked once more"));
  expect((await quick.ask(SITE)).bytes.toString()).toBe("here");
});

test("what is not everywhere in time is told of by replica", async () => {
  const interruption = new Interruption();
  const [one, other] = [await replicaThat(() => {}), await replicaThat(() => {})];
  const asked = everywhere({ replicas: [one, other], withinMs: 10, interruption }, "The title", async (replica) =>
    replica === one ? undefined : "shows another",
  );
  await expect(asked).rejects.toThrow(`The title is not everywhere after 0.01 s: ${other.name} shows another`);
});

test("each request of a session goes to the next replica; what must be done goes to whichever does it", async () => {
  const asked: string[] = [];
  const well =
    (name: string): RequestListener =>
    ({ method, url, headers }, response) => {
      asked.push(`${name} ${method} ${url} ${headers.cookie ?? ""}`.trim());
      response.writeHead(200, { "set-cookie": "session=1; Path=/ghost" }).end('{"told":true}');
    };
  const ill: RequestListener = (_, response) => {
    asked.push("ill");
    response.writeHead(500).end('{"errors":[{"message":"Broken.","context":"Really."}]}');
  };
  const replicas = [await replicaThat(well("a")), await replicaThat(ill), await replicaThat(well("c"))];
  const session = new AdminSession(replicas, `${SITE}/blog`);
  expect(await session.logIn(STAFF)).toBe(replicas[0]);
  await expect(session.send("PUT", "settings/", {})).rejects.toThrow(
    `Replica ${replicas[1]!.name.split(" ")[1]} answered PUT settings/ with 500: Broken. Really.`,
  );
  expect(await session.send("GET", "users/me/")).toEqual({ told: true });
  expect(await session.insist("DELETE", "pages/1/")).toEqual({ told: true });
  expect(asked).toEqual([
    "a POST /blog/ghost/api/admin/session/",
    "ill",
    "c GET /blog/ghost/api/admin/users/me/ session=1",
    "a DELETE /blog/ghost/api/admin/pages/1/ session=1",
  ]);
  const sick = new AdminSession([replicas[1]!], SITE);
  await expect(sick.insist("DELETE", "pages/1/")).rejects.toThrow("with 500");
});
