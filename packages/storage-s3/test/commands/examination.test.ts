import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { afterEach, describe, expect, test } from "vitest";
import { cleanUp, examine } from "../../src/commands/doctor/examination.ts";
import type { Finding } from "../../src/commands/doctor/finding.ts";
import { Trial } from "../../src/commands/doctor/trial.ts";
import { logTo } from "../../src/observation/log.ts";
import { resolveOptions } from "../../src/options/options.ts";

logTo(() => undefined);

const CREDENTIALS = { accessKeyId: "key", secretAccessKey: "secret" };

let server: Server;

afterEach(() => {
  server.close();
  server.closeAllConnections();
});

/** A store that keeps small objects, except for what a test wants otherwise. */
async function store(special: (request: IncomingMessage, response: ServerResponse) => boolean): Promise<string> {
  const objects = new Map<string, { body: Buffer; headers: Record<string, string> }>();
  server = createServer(async (request, response) => {
    const path = new URL(request.url ?? "", "http://store").pathname;
    const body = await buffer(request);
    if (special(request, response)) return;
    const object = objects.get(path);
    if (request.method === "PUT") {
      if (object && request.headers["if-none-match"]) return void response.writeHead(412).end();
      objects.set(path, { body, headers: { "cache-control": request.headers["cache-control"] ?? "" } });
      return void response.writeHead(200, { etag: '"x"' }).end();
    }
    if (request.method === "DELETE") return void (objects.delete(path), response.writeHead(204).end());
    if (!object) return void response.writeHead(404).end();
    const range = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "");
    const sent = range ? object.body.subarray(Number(range[1]), Number(range[2]) + 1) : object.body;
    return void response.writeHead(200, { ...object.headers, "content-length": sent.length }).end(sent);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function findings(endpoint: string, more: object = {}): Promise<Map<string, Finding>> {
  const trial = new Trial(
    resolveOptions({ bucket: "b", endpoint, maxAttempts: 1, ...CREDENTIALS, ...more }, "content/images"),
  );
  const found = new Map<string, Finding>();
  for await (const finding of examine(trial)) found.set(finding.step, finding);
  const left = await cleanUp(trial);
  return left ? found.set(left.step, left) : found;
}

const nothing = (): boolean => false;

/** A store that does not know conditional writes. */
function deaf(request: IncomingMessage): boolean {
  delete request.headers["if-none-match"];
  return false;
}

/** A store whose clock is ahead. */
const minutes = (number: number) => (_request: IncomingMessage, response: ServerResponse) => {
  response.setHeader("date", new Date(Date.now() + number * 60_000).toUTCString());
  return false;
};

describe("the doctor", () => {
  test("says that a 403 for a missing object wants s3:ListBucket", async () => {
    const endpoint = await store((request, response) => {
      if (!request.url?.includes("missing.txt")) return false;
      response.writeHead(403).end();
      return true;
    });
    expect((await findings(endpoint)).get("head of a missing key")).toMatchObject({
      status: "failed",
      note: "The store answered 403 instead of 404.",
      permission: expect.stringContaining("s3:ListBucket") as string,
    });
  });

  test("notices a store that overwrites in spite of If-None-Match", async () => {
    expect((await findings(await store(deaf))).get("conditional put")?.status).toBe("warn");
    server.close();
    const strict = await findings(await store(deaf), { conditionalWrites: true });
    expect(strict.get("conditional put")).toMatchObject({
      status: "failed",
      help: 'Set conditionalWrites to "probe" or false.',
    });
  });

  test("notices a clock that is wrong", async () => {
    expect((await findings(await store(minutes(2)))).get("clock")?.status).toBe("warn");
    server.close();
    expect((await findings(await store(minutes(20)))).get("clock")?.status).toBe("failed");
  });

  test("says what it could not remove", async () => {
    const endpoint = await store((request, response) => {
      if (request.method !== "DELETE") return false;
      response.writeHead(403).end();
      return true;
    });
    const found = await findings(endpoint);
    expect(found.get("delete")?.permission).toContain("s3:DeleteObject");
    expect(found.get("clean-up")?.note).toMatch(/Not removed: \.storage-s3\/doctor-\w+\/object\.txt/);
  });

  test("goes on when a store cannot do everything", async () => {
    const found = await findings(await store(nothing));
    expect(found.get("put")?.status).toBe("ok");
    expect(found.get("range get")?.status).toBe("ok");
    expect(found.get("multipart upload")?.status).toBe("failed");
    expect(found.get("conditional complete")).toMatchObject({ status: "skipped", note: 'needs "multipart upload"' });
    expect(found.get("delete")?.status).toBe("ok");
    expect(found.has("clean-up")).toBe(false);
  });
});
