import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Facet } from "../src/coherence/facet.ts";
import { Poll } from "../src/coherence/poll.ts";
import { createMetrics } from "../src/health/metrics.ts";
import type { Surroundings } from "../src/surroundings.ts";

/** A database that has one digest for each facet; what it says can be changed at any time. */
function setUp(names: readonly string[] = ["a"]) {
  const digests = new Map(names.map((name) => [name, "1"]));
  /** Microseconds since the change, where they are known. */
  const datedBy = new Map<string, string>();
  const reloads: string[] = [];
  let failures = 0;
  let unreachable = false;
  let hanging: Promise<void> | undefined;
  const database = {
    rows: async () => {
      if (unreachable) throw new Error("connection lost");
      return [...digests].map(([facet, digest]) => ({ facet, digest, age: datedBy.get(facet) ?? null }));
    },
  };
  const metrics = createMetrics();
  const errors: string[] = [];
  const surroundings = {
    database,
    metrics,
    log: { info: () => {}, warn: () => {}, error: (message: string) => errors.push(message) },
    options: { pollInterval: 20 },
  } as unknown as Surroundings;
  const facets: Facet[] = names.map((name) => ({
    name,
    sql: "",
    reload: async () => {
      reloads.push(name);
      const waiting = hanging;
      hanging = undefined;
      await waiting;
      if (failures > 0) {
        failures -= 1;
        throw new Error("the bucket is down");
      }
    },
  }));
  return {
    poll: new Poll(surroundings, facets),
    digests,
    datedBy,
    reloads,
    errors,
    metrics,
    fail: (times: number) => {
      failures = times;
    },
    /** The next reload ends when the function that is returned is called. */
    hang: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      hanging = promise;
      return resolve;
    },
    cutOff: (yes: boolean) => {
      unreachable = yes;
    },
  };
}

describe("the poll", () => {
  test("reloads everything at its first look: it may have changed while Ghost booted", async () => {
    const { poll, reloads } = setUp(["a", "b"]);
    await poll.look();
    expect(reloads).toEqual(["a", "b"]);
  });

  test("reloads what is not as it was, once, and nothing else", async () => {
    const { poll, digests, reloads } = setUp(["a", "b"]);
    await poll.look();
    reloads.length = 0;
    await poll.look();
    expect(reloads).toEqual([]);
    digests.set("b", "2");
    await poll.look();
    await poll.look();
    expect(reloads).toEqual(["b"]);
  });

  test("reloads in the order of the facets", async () => {
    const { poll, digests, reloads } = setUp(["themes", "settings", "site"]);
    await poll.look();
    reloads.length = 0;
    for (const name of ["site", "settings", "themes"]) digests.set(name, "2");
    await poll.look();
    expect(reloads).toEqual(["themes", "settings", "site"]);
  });

  test("sees a change that is taken back by a restored backup", async () => {
    const { poll, digests, reloads } = setUp();
    await poll.look();
    reloads.length = 0;
    digests.set("a", "2");
    await poll.look();
    digests.set("a", "1");
    await poll.look();
    expect(reloads).toEqual(["a", "a"]);
  });

  test("sees what changed while others were reloaded, and was then changed back", async () => {
    const { poll, digests, reloads, hang } = setUp(["themes", "settings"]);
    await poll.look();
    reloads.length = 0;
    for (const name of digests.keys()) digests.set(name, "2");
    const end = hang();
    const looked = poll.look();
    await sleep(0);
    digests.set("settings", "3");
    end();
    await looked;
    digests.set("settings", "2");
    await poll.look();
    await poll.look();
    expect(reloads).toEqual(["themes", "settings", "settings"]);
  });

  test("after a change of its own, reloads what is known by its values alone: another may have undone it", async () => {
    const { poll, reloads, datedBy, cutOff } = setUp(["settings", "themes"]);
    datedBy.set("themes", "1000");
    await poll.look();
    reloads.length = 0;
    poll.doubt();
    cutOff(true);
    await poll.look();
    cutOff(false);
    await poll.look();
    await poll.look();
    expect(reloads).toEqual(["settings"]);
  });

  test("tries a failed reload again, later and later, until it succeeds", async () => {
    const { poll, digests, reloads, errors, metrics, fail } = setUp();
    await poll.look();
    reloads.length = 0;
    digests.set("a", "2");
    fail(2);
    await poll.look();
    await poll.look();
    expect(reloads).toHaveLength(1);
    await sleep(50);
    await poll.look();
    expect(reloads).toHaveLength(2);
    await sleep(100);
    await poll.look();
    await poll.look();
    expect(reloads).toHaveLength(3);
    expect(errors).toHaveLength(2);
    const counted = await metrics.reloads.get();
    expect(counted.values.map(({ labels, value }) => [labels.outcome, value])).toEqual([
      // one at the first look
      ["ok", 2],
      ["failed", 2],
    ]);
  });

  test("does not wait with a newer state", async () => {
    const { poll, digests, reloads, fail } = setUp();
    await poll.look();
    reloads.length = 0;
    digests.set("a", "2");
    fail(1);
    await poll.look();
    digests.set("a", "3");
    await poll.look();
    expect(reloads).toHaveLength(2);
  });

  test("survives a lost database and misses nothing", async () => {
    const { poll, digests, reloads, metrics, cutOff } = setUp();
    await poll.look();
    reloads.length = 0;
    cutOff(true);
    await poll.look();
    digests.set("a", "2");
    await poll.look();
    expect(reloads).toEqual([]);
    cutOff(false);
    await poll.look();
    expect(reloads).toEqual(["a"]);
    expect(poll.ageMs).toBeLessThan(1000);
    expect((await metrics.pollFailures.get()).values[0]?.value).toBe(2);
  });

  test("is not held up by a reload that takes long", async () => {
    const { poll, digests, reloads, hang } = setUp(["themes", "settings"]);
    await poll.look();
    reloads.length = 0;
    const end = hang();
    for (const name of digests.keys()) digests.set(name, "2");
    await poll.look(10);
    await poll.look(10);
    expect(reloads).toEqual(["themes", "settings"]);
    expect(poll.ageMs).toBeLessThan(10);
    digests.set("themes", "3");
    await poll.look(10);
    end();
    await sleep(0);
    await poll.look(10);
    expect(reloads).toEqual(["themes", "settings", "themes"]);
  });

  test("looks by itself, and ends", async () => {
    const { poll, digests, reloads } = setUp();
    await poll.look();
    reloads.length = 0;
    poll.start();
    digests.set("a", "2");
    await sleep(100);
    await poll.stop();
    digests.set("a", "3");
    await sleep(60);
    expect(reloads).toEqual(["a"]);
  });
});
