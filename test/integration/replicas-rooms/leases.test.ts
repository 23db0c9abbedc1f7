import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "../../../packages/replicas/src/database/database.ts";
import { takeTurn } from "../../../packages/replicas/src/database/turn.ts";
import { Leases } from "../../../packages/replicas/src/database/leases.ts";
import { Leadership } from "../../../packages/replicas/src/deeds/leadership.ts";
import { createMetrics } from "../../../packages/replicas/src/health/metrics.ts";
import { describeWith, docker } from "../../needs.ts";
import { startServer, type TestServer } from "./server.ts";

const LONG_MS = 5000;
const SHORT_MS = 400;

describeWith([docker], "leases in MySQL", () => {
  let server: TestServer;
  let database: Database;
  let one: Leases;
  let two: Leases;

  beforeAll(async () => {
    server = await startServer();
    database = await server.database("leases");
    one = new Leases(database, "one");
    two = new Leases(server.again("leases"), "two");
  });

  afterAll(() => server.stop());

  test("are held by one at a time, until they are released", async () => {
    const lease = await one.acquire("a", LONG_MS);
    expect(lease?.trusted).toBe(true);
    expect(await two.acquire("a", LONG_MS)).toBeUndefined();
    expect(await two.holder("a")).toBe("one");
    await lease?.release();
    expect(lease?.trusted).toBe(false);
    const next = await two.acquire("a", LONG_MS);
    expect(next?.trusted).toBe(true);
    await next?.release();
  });

  test("go to exactly one of many who ask at the same time, whether the name is new or its time is over", async () => {
    const ask = () =>
      Promise.all(Array.from({ length: 40 }, (_, index) => (index % 2 ? one : two).acquire("b", SHORT_MS)));
    expect((await ask()).filter(Boolean)).toHaveLength(1);
    await sleep(SHORT_MS + 50);
    expect((await ask()).filter(Boolean)).toHaveLength(1);
  });

  test("end with their time; who had it notices without asking, and cannot renew it", async () => {
    const lease = await one.acquire("c", SHORT_MS);
    await sleep(SHORT_MS + 50);
    expect(lease?.trusted).toBe(false);
    const next = await two.acquire("c", LONG_MS);
    expect(next).toBeDefined();
    expect(await lease?.renew()).toBe(false);
    // and the release of the old one does not take it from the new one
    await lease?.release();
    expect(await next?.renew()).toBe(true);
    await next?.release();
  });

  test("are kept for as long as somebody keeps them", async () => {
    const lease = await one.acquire("d", SHORT_MS);
    lease?.keep((error) => expect.fail(String(error)));
    await sleep(SHORT_MS * 3);
    expect(await two.acquire("d", SHORT_MS)).toBeUndefined();
    await lease?.release();
  });

  test("are waited for, for a bounded time", async () => {
    const lease = await one.acquire("e", LONG_MS);
    const turn = { durationMs: LONG_MS, everyMs: 20, failed: (error: unknown) => expect.unreachable(String(error)) };
    expect(await takeTurn(two, "e", { ...turn, waitMs: 100 })).toBeUndefined();
    setTimeout(() => void lease?.release(), 100);
    const next = await takeTurn(two, "e", { ...turn, waitMs: 2000 });
    expect(next?.trusted).toBe(true);
    await next?.release();
  });

  test("may be asked for by many at the moment of a release", async () => {
    let taken = 0;
    const takeAgainAndAgain = async (leases: Leases) => {
      for (let round = 0; round < 50; round += 1) {
        const lease = await leases.acquire("h", LONG_MS);
        if (lease) taken += 1;
        await lease?.release();
      }
    };
    await Promise.all([one, two, one, two].map(takeAgainAndAgain));
    expect(taken).toBeGreaterThan(0);
  });

  test("that nobody gave up are forgotten some day", async () => {
    await one.acquire("i:old", LONG_MS);
    await one.acquire("i:new", LONG_MS);
    await database.change("UPDATE replicas_leases SET expires_at = '2020-01-01' WHERE name = 'i:old'");
    await one.sweep();
    const rows = await database.rows<{ name: string }>("SELECT name FROM replicas_leases WHERE name LIKE 'i:%'");
    expect(rows.map(({ name }) => name)).toEqual(["i:new"]);
  });

  test("are counted while they are kept", async () => {
    const { leases: gauge } = createMetrics();
    const leases = new Leases(database, "three", gauge);
    const figures = async () => (await gauge.get()).values.map(({ labels, value }) => [labels.kind, value]);
    const first = await leases.acquire("email:1", LONG_MS);
    first?.keep(() => {});
    const second = await leases.acquire("email:2", LONG_MS);
    second?.keep(() => {});
    expect(await figures()).toEqual([["email", 2]]);
    await first?.release();
    await database.change("DELETE FROM replicas_leases WHERE name = 'email:2'");
    expect(await second?.renew()).toBe(false);
    await second?.release();
    expect(await figures()).toEqual([["email", 0]]);
  });

  test("fence a transaction: nobody takes the name before its end", async () => {
    const lease = await one.acquire("f", SHORT_MS);
    let written = false;
    let taking: Promise<[boolean, boolean]> | undefined;
    await database.transaction(async (session) => {
      expect(await lease?.fence(session)).toBe(true);
      await sleep(SHORT_MS + 100);
      taking = two.acquire("f", LONG_MS).then((next) => [next !== undefined, written]);
      await sleep(200);
      written = true;
    });
    expect(await taking).toEqual([true, true]);
    expect(await database.transaction(async (session) => lease?.fence(session))).toBe(false);
  });

  test("are listed by their prefix", async () => {
    const lease = await one.acquire("g%_:1", LONG_MS);
    expect(await two.held("g%_:")).toEqual(["g%_:1"]);
    expect(await two.held("gXY:")).toEqual([]);
    await lease?.release();
  });
});

describeWith([docker], "the leader", () => {
  let server: TestServer;
  const leaderships: Leadership[] = [];
  const lines: string[] = [];

  const candidate = (name: string): Leadership => {
    const log = {
      info: (line: string) => lines.push(`${name}: ${line}`),
      warn: (line: string) => lines.push(`${name}: ${line}`),
      error: (line: string) => lines.push(`${name}: ${line}`),
    };
    const leases = new Leases(server.again("leader"), name);
    const leadership = new Leadership({ leases, durationMs: 1000, log });
    leaderships.push(leadership);
    return leadership;
  };

  beforeAll(async () => {
    server = await startServer();
    await server.database("leader");
  });

  afterAll(async () => {
    await Promise.all(leaderships.map((leadership) => leadership.stop()));
    await server.stop();
  });

  test("is one of three, and the next one when it gives up", async () => {
    const three = ["one", "two", "three"].map(candidate);
    let gained = 0;
    for (const leadership of three) {
      leadership.onGained(() => {
        gained += 1;
      });
      leadership.start();
    }
    await sleep(500);
    const first = three.filter(({ held }) => held);
    expect(first).toHaveLength(1);
    expect(await first[0]?.confirm()).toBe(true);
    await first[0]?.stop();
    await sleep(500);
    const second = three.filter(({ held }) => held);
    expect(second).toHaveLength(1);
    expect(second[0]).not.toBe(first[0]);
    expect(await first[0]?.confirm()).toBe(false);
    expect(gained).toBe(2);
  });
});
