import { once } from "node:events";
import type { Server } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { portOf, serveHealth } from "../src/health/health-server.ts";
import { createMetrics } from "../src/health/metrics.ts";
import { Readiness } from "../src/health/readiness.ts";

let server: Server | undefined;

afterEach(async () => {
  server?.close();
  if (server) await once(server, "close");
  server = undefined;
});

async function serve(readiness: Readiness): Promise<string> {
  server = await serveHealth({
    host: "127.0.0.1",
    port: 0,
    readiness,
    metrics: createMetrics(),
    refresh: () => {},
  });
  return `http://127.0.0.1:${portOf(server)}`;
}

describe("the health port", () => {
  test("is live whatever else is wrong", async () => {
    const readiness = new Readiness();
    readiness.require("database", () => "gone");
    const url = await serve(readiness);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });

  test("is ready when every condition is met, and says which is not", async () => {
    const readiness = new Readiness(() => ({ replica: "one" }));
    let reason: string | undefined = "the database has not answered for 12.0 s";
    readiness.require("database", () => reason);
    readiness.require("theme", () => undefined);
    const url = await serve(readiness);
    const before = await fetch(`${url}/readyz`);
    expect(before.status).toBe(503);
    expect(await before.json()).toEqual({ ready: false, reasons: { database: reason }, replica: "one" });
    reason = undefined;
    const after = await fetch(`${url}/readyz`);
    expect(after.status).toBe(200);
    expect(await after.json()).toEqual({ ready: true, reasons: {}, replica: "one" });
  });

  test("gives figures to Prometheus, and a list of its paths to whoever is lost", async () => {
    const url = await serve(new Readiness());
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain("# TYPE ghost_replica_poll_seconds histogram");
    expect(metrics).toContain('ghost_replica_event_loop_delay_seconds{quantile="0.99"}');
    const lost = await fetch(url);
    expect([lost.status, await lost.json()]).toEqual([404, { paths: ["/livez", "/readyz", "/metrics"] }]);
  });

  test("says what to do when its port is taken", async () => {
    const url = await serve(new Readiness());
    const taken = serveHealth({
      host: "127.0.0.1",
      port: Number(new URL(url).port),
      readiness: new Readiness(),
      metrics: createMetrics(),
      refresh: () => {},
    });
    await expect(taken).rejects.toMatchObject({ exitCode: 64, next: "Choose another one: replicas__healthPort" });
  });
});
