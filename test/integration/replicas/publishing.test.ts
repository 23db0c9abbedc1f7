import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, docker } from "../../needs.ts";
import { Clocks } from "./clocks.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { Ground } from "./cluster/ground.ts";
import { eventually } from "./eventually.ts";
import { SOON_MS } from "./everywhere.ts";
import { leaderOf } from "./health.ts";
import { soon } from "./soon.ts";

/** Time for a request to be made before the post is due. */
const AHEAD_MS = 5000;

/** What is promised when the replica that took the schedule is gone. */
const LATE_MS = 10_000;

const PUBLISHED = "/published";

const MINUTE_MS = 60_000;

describeWith([docker], "a scheduled post", () => {
  let ground: Ground;
  let clocks: Clocks;
  let cluster: Cluster;

  beforeAll(async () => {
    [ground, clocks] = await Promise.all([Ground.make(), Clocks.make()]);
    cluster = await ground.cluster({ env: clocks.env });
    const api = await cluster.api();
    await api.addWebhook(
      await api.addIntegration("Counting"),
      "post.published",
      `${cluster.sinks.hooks.url}${PUBLISHED}`,
    );
  });

  afterAll(async () => {
    await ground?.stop();
    await clocks?.remove();
  });

  const statusOf = async (id: string): Promise<string> =>
    (await cluster.database.query("SELECT status FROM posts WHERE id = ?", [id]))[0]?.status;

  const announced = (title: string) =>
    cluster.sinks.hooks.at(PUBLISHED).filter(({ body }) => body?.post?.current?.title === title);

  /** Waits for it; answers with how late it was, in ms, and shows that it happened once. */
  const publishedOnce = async (id: string, title: string, due: Date): Promise<number> => {
    await eventually(`"${title}" is published`, async () => (await statusOf(id)) === "published", AHEAD_MS + LATE_MS);
    const late = Date.now() - due.getTime();
    await eventually("its webhook", () => announced(title).length > 0);
    // time for a second one, if there were one
    await sleep(SOON_MS);
    expect(announced(title)).toHaveLength(1);
    return late;
  };

  test("is published in time, whichever replica took it (14)", async () => {
    for (const index of [0, 1, 2]) {
      const api = await cluster.api(index);
      const [title, due] = [`Through ${index}`, soon(AHEAD_MS)];
      const { id } = await api.schedule(await api.draft(title), due);
      const late = await publishedOnce(id, title, due);
      expect(late).toBeGreaterThanOrEqual(0);
      expect(late).toBeLessThan(LATE_MS);
    }
  });

  test("is published when the replica that took it was killed, leader or not (14)", async () => {
    for (const index of [0, 1, 2]) {
      const [title, due] = [`Left by ${index}`, soon(AHEAD_MS)];
      const api = await cluster.api(index);
      const { id } = await api.schedule(await api.draft(title), due);
      await cluster.replica(index).kill();
      expect(await publishedOnce(id, title, due)).toBeLessThan(LATE_MS);
      await cluster.replica(index).start();
      await cluster.ready();
    }
  });

  test("is published at its new time only when it was moved through another replica (14)", async () => {
    const [title, first] = ["Moved", soon(AHEAD_MS)];
    const post = await (await cluster.api(0)).schedule(await (await cluster.api(0)).draft(title), first);
    const second = new Date(first.getTime() + AHEAD_MS);
    await (await cluster.api(1)).change(post, { published_at: second.toISOString() });
    await sleep(first.getTime() + SOON_MS - Date.now());
    expect(await statusOf(post.id)).toBe("scheduled");
    expect(await publishedOnce(post.id, title, second)).toBeGreaterThanOrEqual(0);
  });

  test("is not published when it was taken back through another replica (14)", async () => {
    const due = soon(AHEAD_MS);
    const post = await (await cluster.api(2)).schedule(await (await cluster.api(2)).draft("Taken back"), due);
    await (await cluster.api(0)).change(post, { status: "draft" });
    await sleep(due.getTime() + 2 * SOON_MS - Date.now());
    expect(await statusOf(post.id)).toBe("draft");
    expect(announced("Taken back")).toEqual([]);
  });

  test("is published while no visitor can reach the site (14)", async () => {
    const [title, due] = ["Unreachable", soon(AHEAD_MS)];
    const api = await cluster.api(1);
    const { id } = await api.schedule(await api.draft(title), due);
    await cluster.balancer.down();
    try {
      expect(await publishedOnce(id, title, due)).toBeLessThan(LATE_MS);
    } finally {
      await cluster.balancer.up();
    }
  });

  test.each([
    { leaders: 5, anothers: -5 },
    { leaders: -5, anothers: 5 },
  ])(
    "is published in time while the leader's clock is wrong by $leaders minutes and another's by $anothers (14)",
    async ({ leaders, anothers }) => {
      const leader = await leaderOf(cluster);
      const another = cluster.replicas.find((replica) => replica !== leader)!;
      await clocks.set(leader, leaders * MINUTE_MS);
      await clocks.set(another, anothers * MINUTE_MS);
      // the other one would say that this time has passed
      const slow = await cluster.api((leaders < 0 ? leader : another).index);
      const [title, due] = [`Wrong by ${leaders}`, soon(AHEAD_MS)];
      const { id } = await slow.schedule(await slow.draft(title), due);
      const late = await publishedOnce(id, title, due);
      await Promise.all([leader, another].map((replica) => clocks.set(replica, 0)));
      expect(late).toBeGreaterThanOrEqual(0);
      expect(late).toBeLessThan(LATE_MS);
    },
  );
});
