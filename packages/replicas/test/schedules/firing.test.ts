import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Leadership } from "../../src/deeds/leadership.ts";
import { createMetrics } from "../../src/health/metrics.ts";
import { Firing } from "../../src/schedules/firing.ts";
import { guardPublishing } from "../../src/schedules/publish-guard.ts";
import { ScheduleQueue } from "../../src/schedules/schedule-queue.ts";
import { ServerClock } from "../../src/schedules/server-clock.ts";
import type { Surroundings } from "../../src/surroundings.ts";

interface Row {
  second: number;
  wait: number;
}

/** The second that is now, as Ghost stores times. */
const NOW = Math.floor(Date.now() / 1000);

const NOTHING = { scheduledResource: null, preScheduledResource: null };

let server: Server;
/** The post as it is in the database; undefined when it is not scheduled. */
let row: Row | undefined;
let leads: boolean;
/** Names that are held, by whichever replica. */
let held: Set<string>;
let requests: string[];
let answer: () => number;

beforeEach(async () => {
  row = { second: NOW, wait: -10 };
  leads = true;
  held = new Set();
  requests = [];
  answer = () => {
    row = undefined;
    return 200;
  };
  server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    response.writeHead(answer()).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterEach(() => void server.close());

function setUp() {
  const { port } = server.address() as AddressInfo;
  const config: Record<string, unknown> = { "server:port": port };
  const publish = vi.fn<(...parameters: unknown[]) => Promise<object>>(async () => ({
    scheduledResource: {},
    preScheduledResource: {},
  }));
  const publishing = { publish };
  const surroundings = {
    database: { rows: async () => (row ? [{ ...row }] : []) },
    ghost: {
      config: {
        get: (key: string) => config[key],
        set: (key: string, value: unknown) => void (config[key] = value),
      },
      use: () => publishing,
    },
    leases: {
      async acquire(name: string) {
        if (held.has(name)) return undefined;
        held.add(name);
        return { keep: () => {}, release: async () => held.delete(name) };
      },
    },
    options: { leaseDuration: 1000 },
    metrics: createMetrics(),
    log: { info: () => {}, warn: () => {}, error: () => {} },
  } as unknown as Surroundings;
  const leadership = { confirm: async () => leads } as unknown as Leadership;
  const queue = new ScheduleQueue();
  const firing = new Firing(surroundings, leadership, queue, new ServerClock());
  const outcomes = async () =>
    (await surroundings.metrics.deeds.get()).values.map(({ labels, value }) => `${labels.outcome} ${value}`);
  const fire = async (time = NOW) => {
    queue.put({ time: time * 1000, url: "http://blog.example/ghost/api/admin/schedules/posts/a/?token=t" });
    firing.arm();
    await vi.waitFor(() => expect(queue.firing).toBe(0));
  };
  return { surroundings, queue, firing, fire, outcomes, publishing, publish };
}

test("a post is published at its time, once", async () => {
  const { fire, queue, outcomes, firing } = setUp();
  await fire();
  expect(requests).toEqual(["PUT /ghost/api/admin/schedules/posts/a/?token=t"]);
  expect(queue.nextAt()).toBeUndefined();
  expect(await outcomes()).toEqual(["done 1"]);
  firing.stop();
});

test.each([
  ["this replica does not lead any more", () => (leads = false), "not the leader 1"],
  ["the post is not scheduled any more", () => (row = undefined), "not wanted any more 1"],
  ["the post has another time", () => (row = { second: NOW + 60, wait: 60_000 }), "not wanted any more 1"],
])("nothing is published when %s", async (_why, change, outcome) => {
  change();
  const { fire, queue, outcomes, firing } = setUp();
  await fire();
  expect(requests).toEqual([]);
  expect(queue.nextAt()).toBeUndefined();
  expect(await outcomes()).toEqual([outcome]);
  firing.stop();
});

test("a clock that is ahead publishes nothing early", async () => {
  row = { second: NOW, wait: 60_000 };
  const { fire, queue, firing } = setUp();
  await fire();
  expect(requests).toEqual([]);
  expect(queue.nextAt()).toBeGreaterThan(Date.now() + 50_000);
  firing.stop();
});

test.each([
  ["fails", () => 500],
  ["answers that all is well and publishes nothing", () => 200],
])("it is tried again when Ghost %s", async (_what, broken) => {
  answer = broken;
  const { fire, queue, outcomes, firing } = setUp();
  await fire();
  const again = queue.nextAt()! - Date.now();
  expect(again).toBeGreaterThan(4000);
  expect(again).toBeLessThan(6000);
  expect(await outcomes()).toEqual(["failed 1"]);
  firing.stop();
});

test("Ghost publishes nothing before its time by the database's clock, whoever asks", async () => {
  const { surroundings, publishing, publish } = setUp();
  guardPublishing(surroundings);
  const ask = () => publishing.publish("posts", "a", true, {});
  row = { second: NOW, wait: 1 };
  expect(await ask()).toEqual(NOTHING);
  expect(publish).not.toHaveBeenCalled();
  row = { second: NOW, wait: 0 };
  await ask();
  expect(publish).toHaveBeenCalledOnce();
});

test("Ghost publishes nothing that another replica publishes at the same time", async () => {
  const { surroundings, publishing, publish } = setUp();
  guardPublishing(surroundings);
  held.add("publish:a");
  expect(await publishing.publish("posts", "a", true, {})).toEqual(NOTHING);
  expect(publish).not.toHaveBeenCalled();
  held.clear();
  publish.mockRejectedValueOnce(new Error("failed"));
  await expect(publishing.publish("posts", "a", true, {})).rejects.toThrow("failed");
  expect(held).toEqual(new Set());
});
