import { describe, expect, test } from "vitest";
import { ActivityPub } from "../../src/deeds/activitypub.ts";
import type { Leadership } from "../../src/deeds/leadership.ts";
import { fakeSurroundings } from "../newsletters/fakes.ts";

const TARGETS = ["published", "deleted", "unpublished", "updated"].map(
  (kind) => `https://blog.example/.ghost/activitypub/v1/webhooks/post/${kind}`,
);

function setUp(wanted: boolean, webhooks: readonly string[] = []) {
  const state = { wanted, webhooks: [...webhooks], leads: true };
  const done: string[] = [];
  class ActivityPubService {
    async enable() {
      done.push("enable");
      state.webhooks = [...TARGETS];
    }
    async disable() {
      done.push("disable");
      state.webhooks = [];
    }
  }
  const instance = new ActivityPubService();
  const { surroundings, leases } = fakeSurroundings(
    {
      activityPub: { ActivityPubService },
      activityPubWrapper: { instance },
      settingsCache: { get: () => state.wanted },
    },
    { database: { rows: async () => state.webhooks.map((target_url) => ({ target_url })) } },
  );
  let gained: (() => void) | undefined;
  const leadership = {
    get held() {
      return state.leads;
    },
    confirm: async () => state.leads,
    onGained: (work: () => void) => (gained = work),
  } as unknown as Leadership;
  const activityPub = new ActivityPub(surroundings, leadership);
  activityPub.install();
  activityPub.start();
  activityPub.stop();
  return { activityPub, instance, state, done, leases, gain: () => gained?.() };
}

describe("ActivityPub", () => {
  test("is not set up by Ghost's own calls, nor by a replica that does not lead", async () => {
    const { activityPub, instance, state, done } = setUp(true);
    state.leads = false;
    await instance.enable();
    await activityPub.look();
    expect(done).toEqual([]);
  });

  test("is set up and taken down once for each change of the setting", async () => {
    const { activityPub, state, done } = setUp(true);
    await activityPub.look();
    await activityPub.look();
    state.wanted = false;
    await activityPub.look();
    await activityPub.look();
    expect(done).toEqual(["enable", "disable"]);
  });

  test("is looked at anew by a new leader, who does what is missing", async () => {
    const { activityPub, state, done, leases, gain } = setUp(true, TARGETS);
    leases.lose("hourly:activitypub");
    await activityPub.look();
    expect(done).toEqual([]);
    gain();
    state.webhooks.pop();
    await activityPub.look();
    expect(done).toEqual(["enable"]);
    gain();
    state.wanted = false;
    await activityPub.look();
    expect(done).toEqual(["enable", "disable"]);
  });

  test("is checked with Ghost's own check, which compares the secret, once an hour", async () => {
    const { activityPub, done, gain } = setUp(true, TARGETS);
    await activityPub.look();
    gain();
    await activityPub.look();
    expect(done).toEqual(["enable"]);
  });

  test("is repaired when webhooks are there twice or lead to another address", async () => {
    for (const webhooks of [[...TARGETS, ...TARGETS], TARGETS.map((url) => url.replace("blog", "old"))]) {
      const { activityPub, done, leases } = setUp(true, webhooks);
      leases.lose("hourly:activitypub");
      await activityPub.look();
      expect(done).toEqual(["enable"]);
    }
  });
});
