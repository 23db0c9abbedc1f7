import { createHash, randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { startProxy, type Proxy, type ProxyOptions } from "./proxy.ts";

const MIB = 1024 * 1024;
const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

/** A TCP server that treats each connection as `onConnection` says; returns its URL. */
async function serverOf(onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    onConnection(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  undo.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const echo = (socket: Socket) => void socket.pipe(socket);

async function proxyTo(onConnection: (socket: Socket) => void, options: Partial<ProxyOptions> = {}): Promise<Proxy> {
  const proxy = await startProxy({ target: await serverOf(onConnection), ...options });
  undo.push(() => proxy.close());
  return proxy;
}

async function clientOf(proxy: Proxy): Promise<Socket> {
  const socket = connect({ port: proxy.port, host: "127.0.0.1", noDelay: true });
  undo.push(() => socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** The code of the error that closed the socket, if one did. */
function closing(socket: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    let code: string | undefined;
    socket.on("error", (error: NodeJS.ErrnoException) => (code = error.code));
    socket.on("close", () => resolve(code));
  });
}

async function roundTrip(socket: Socket): Promise<number> {
  const start = performance.now();
  socket.write("x");
  await once(socket, "data");
  return performance.now() - start;
}

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition() && waited < 2000; waited += 5) await sleep(5);
  expect(condition()).toBe(true);
}

describe("the link", () => {
  test("delays by one round trip, and the first byte of a connection by two", async () => {
    const proxy = await proxyTo(echo, { rtt: 60 });
    const socket = await clientOf(proxy);
    const first = await roundTrip(socket);
    const second = await roundTrip(socket);
    expect(first).toBeGreaterThan(115);
    expect(first).toBeLessThan(160);
    expect(second).toBeGreaterThan(58);
    expect(second).toBeLessThan(90);
  });

  test("lets no more than a window through in a round trip", async () => {
    let received = 0;
    const sink = (socket: Socket) => socket.on("data", (bytes) => (received += bytes.length));
    const proxy = await proxyTo(sink, { rtt: 50, windowBytes: MIB });
    const socket = await clientOf(proxy);
    await sleep(60);
    const start = performance.now();
    socket.write(Buffer.alloc(10 * MIB));
    await until(() => received === 10 * MIB);
    const seconds = (performance.now() - start) / 1000;
    // Ten windows: nine round trips between the first and the last, half a one for the last to arrive.
    expect(seconds).toBeGreaterThan(0.43);
    expect(seconds).toBeLessThan(0.9);
  });

  test.each([0, 10])("keeps every byte in its place at %i ms", async (rtt) => {
    const proxy = await proxyTo(echo, { rtt, windowBytes: 256 * 1024 });
    const socket = await clientOf(proxy);
    const sent = createHash("sha256");
    const received = createHash("sha256");
    socket.on("data", (bytes) => received.update(bytes));
    for (let piece = 0; piece < 200; piece += 1) {
      const bytes = randomBytes(randomInt(1, 40_000));
      sent.update(bytes);
      if (!socket.write(bytes)) await once(socket, "drain");
    }
    socket.end();
    await once(socket, "end");
    expect(received.digest("hex")).toBe(sent.digest("hex"));
    const { uploaded, downloaded } = proxy.stats();
    expect(uploaded).toBe(downloaded);
  });

  test("carries no more while the receiver does not read", async () => {
    const proxy = await proxyTo((socket) => socket.pause(), { rtt: 4 });
    const socket = await clientOf(proxy);
    socket.write(Buffer.alloc(64 * MIB));
    await sleep(300);
    expect(proxy.stats().uploaded).toBeLessThan(32 * MIB);
  });
});

describe("faults", () => {
  test("reset: cuts after so many uploaded bytes, as often as asked", async () => {
    let received = 0;
    const sink = (socket: Socket) => socket.on("data", (bytes) => (received += bytes.length));
    const proxy = await proxyTo(sink, { rtt: 4 });
    proxy.set({ kind: "reset", afterBytes: 100_000, times: 1 });
    const socket = await clientOf(proxy);
    socket.write(Buffer.alloc(MIB));
    expect(await closing(socket)).toMatch(/ECONNRESET|EPIPE/);
    expect(received).toBe(100_000);

    const next = await clientOf(proxy);
    next.write(Buffer.alloc(MIB));
    await until(() => received === 100_000 + MIB);
    expect(proxy.stats()).toMatchObject({ total: 2, struck: 1, open: 1 });
  });

  test("reset: cuts in the middle of an answer", async () => {
    const proxy = await proxyTo((socket) => socket.end(Buffer.alloc(MIB)));
    proxy.set({ kind: "reset", afterBytes: 50_000, direction: "download" });
    const socket = await clientOf(proxy);
    let received = 0;
    socket.on("data", (bytes) => (received += bytes.length));
    expect(await closing(socket)).toBe("ECONNRESET");
    expect(received).toBe(50_000);
  });

  test("stall: from the start, on a connection that was good before", async () => {
    const proxy = await proxyTo(echo);
    const socket = await clientOf(proxy);
    await roundTrip(socket);
    proxy.set({ kind: "stall" });
    let answered = false;
    socket.on("data", () => (answered = true));
    socket.write("x");
    await sleep(100);
    expect(answered).toBe(false);
    expect(proxy.stats()).toMatchObject({ open: 1, struck: 1, uploaded: 1 });
  });

  test("stall: after so many bytes, and the client's buffers fill", async () => {
    const proxy = await proxyTo((socket) => socket.resume());
    proxy.set({ kind: "stall", afterBytes: 70_000 });
    const socket = await clientOf(proxy);
    socket.write(Buffer.alloc(32 * MIB));
    await sleep(200);
    expect(proxy.stats().uploaded).toBe(70_000);
    expect(socket.writableLength).toBeGreaterThan(0);
  });

  test("swallow: takes everything and answers nothing", async () => {
    const proxy = await proxyTo(echo);
    proxy.set({ kind: "swallow" });
    const socket = await clientOf(proxy);
    socket.write(Buffer.alloc(8 * MIB));
    await until(() => socket.writableLength === 0);
    expect(proxy.stats().uploaded).toBe(0);
  });

  test("lifted: clients that hung up are gone, those that wait still count, new ones are served", async () => {
    const proxy = await proxyTo(echo);
    proxy.set({ kind: "stall" });
    const [impatient, patient] = [await clientOf(proxy), await clientOf(proxy)];
    impatient.write("x");
    patient.write("x");
    await until(() => proxy.stats().struck === 2);
    impatient.destroy();
    proxy.set(undefined);
    await until(() => proxy.stats().open === 1);
    await roundTrip(await clientOf(proxy));
    patient.destroy();
    await until(() => proxy.stats().open === 1);
    expect(proxy.stats()).toMatchObject({ total: 3, struck: 2 });
  });
});

test("close leaves no sockets", async () => {
  const proxy = await proxyTo(echo, { rtt: 20 });
  const sockets = [await clientOf(proxy), await clientOf(proxy)];
  const closed = sockets.map(closing);
  await roundTrip(sockets[0]!);
  sockets[0]!.write(Buffer.alloc(MIB));
  await proxy.close();
  await Promise.all(closed);
  expect(proxy.stats().open).toBe(0);
});
