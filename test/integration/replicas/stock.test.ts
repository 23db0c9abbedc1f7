import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, docker } from "../../needs.ts";
import { startCluster, type Cluster } from "./cluster/cluster.ts";
import { startMysql, type Mysql } from "./cluster/mysql.ts";
import type { Replica } from "./cluster/replica.ts";
import type { Item, SiteApi } from "./cluster/site-api.ts";
import { eventually } from "./eventually.ts";
import { insertMembers } from "./members.ts";
import { routes } from "./routes.ts";
import { STRIPE_KEYS } from "./sinks/stripe.ts";
import { makeTheme } from "./themes.ts";
import { checkOut } from "./visitor.ts";

/** Longer than any of these takes where it does reach the other process. */
const LONG_MS = 3000;

/** Where Stripe sends events to. */
const STRIPE_EVENTS = "/members/webhooks/stripe/";

describeWith([docker], "what stock Ghost does as several processes on one database", () => {
  let mysql: Mysql;

  beforeAll(async () => {
    mysql = await startMysql();
  });

  afterAll(async () => {
    await mysql?.stop();
  });

  describeWith([], "that run", () => {
    let cluster: Cluster;
    let one: Replica;
    let other: Replica;

    beforeAll(async () => {
      cluster = await startCluster({ mysql, mode: "stock", replicas: 2 });
      [one, other] = [cluster.replica(0), cluster.replica(1)];
    });

    afterAll(async () => {
      await cluster?.stop();
    });

    test("a title changed on one stays as it was on the other, for visitors and in the admin", async () => {
      await (await cluster.api(0)).editSettings({ title: "Another title" });
      await sleep(LONG_MS);
      expect(await titleOf(one)).toBe("Another title");
      expect(await titleOf(other)).toBe("A blog");
      expect(await (await cluster.api(1)).settings()).toMatchObject({ title: "A blog" });
    });

    test("a site made private on one stays public on the other", async () => {
      const api = await cluster.api(0);
      await api.editSettings({ is_private: true, password: "sesame" });
      await sleep(LONG_MS);
      expect((await one.get("/")).headers.get("location")).toMatch(/^\/private\//);
      expect((await other.get("/")).status).toBe(200);
      await api.editSettings({ is_private: false });
    });

    test("routes uploaded to one are unknown to the other, and posts have two addresses", async () => {
      const api = await cluster.api(0);
      await api.uploadRoutes(routes("/blog/"));
      await sleep(LONG_MS);
      expect([(await one.get("/blog/")).status, (await other.get("/blog/")).status]).toEqual([200, 404]);
      const urls = await Promise.all(
        [0, 1].map(async (index) => (await (await cluster.api(index)).list("posts"))[0]?.url),
      );
      expect(urls.map((url) => new URL(url).pathname)).toEqual(["/blog/coming-soon/", "/coming-soon/"]);
      await api.uploadRoutes(routes("/"));
    });

    test("redirects uploaded to one are unknown to the other", async () => {
      await (await cluster.api(0)).uploadRedirects([{ from: "^/old/?$", to: "/new/" }]);
      await sleep(LONG_MS);
      expect([(await one.get("/old/")).status, (await other.get("/old/")).status]).toEqual([302, 404]);
    });

    test("a tier has its old price on the other", async () => {
      const api = await cluster.api(0);
      const tier = await paidTier(api);
      await api.edit("tiers", tier.id, { ...tier, monthly_price: 900 });
      await sleep(LONG_MS);
      const prices = [0, 1].map(async (index) => (await paidTier(await cluster.api(index))).monthly_price);
      expect(await Promise.all(prices)).toEqual([900, 500]);
    });

    test("Stripe connected on one is unknown to the other, which refuses its events and sells nothing", async () => {
      const { stripe } = cluster.sinks;
      await (await cluster.api(0)).editSettings(STRIPE_KEYS);
      await eventually("the endpoint is made", () => stripe.objects("webhook_endpoints").length === 1);
      await sleep(LONG_MS);
      const answers = [one, other].map((replica) => replica.get(STRIPE_EVENTS, stripe.signed("payout.paid", {})));
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 401]);
      const { id } = await paidTier(await cluster.api(0));
      const sales = [one, other].map((replica) => checkOut(replica, id, "reader@example.com"));
      expect((await Promise.all(sales)).map(({ status }) => status)).toEqual([200, 400]);
    });

    test("a theme uploaded to one is missing on the other, which answers 500 after a restart and passes as ready", async () => {
      const api = await cluster.api(0);
      await api.uploadTheme(makeTheme("tiny"));
      await api.activateTheme("tiny");
      expect(await one.text("/")).toContain("marker: tiny");
      expect(await other.text("/")).not.toContain("marker: tiny");
      await expect((await cluster.api(1)).activateTheme("tiny")).rejects.toThrow("422");
      await other.restart();
      expect((await other.get("/")).status).toBe(500);
      expect(await other.isReady()).toBe(true);
      await api.activateTheme("source");
    });

    test("a post scheduled on one is not published when that one dies, until some process boots", async () => {
      const due = new Date(Date.now() + 4000);
      const api = await cluster.api(0);
      const { id } = await api.schedule(await api.draft("Later"), due);
      await one.kill();
      await sleep(due.getTime() - Date.now() + 2 * LONG_MS);
      const status = async () =>
        (await cluster.database.query("SELECT status FROM posts WHERE id = ?", [id]))[0]?.status;
      expect(await status()).toBe("scheduled");
      await one.start();
      await one.ready();
      await eventually("the post is published", async () => (await status()) === "published");
    });

    test("a newsletter is sent twice when a process boots while its batches are made", async () => {
      const addresses = await insertMembers(cluster.database, 2000);
      // 100 batches in 10 s, for a process to boot meanwhile
      await cluster.database.slowDown("email_batches", 100);
      const api = await cluster.api(0);
      const post = await api.sendOut(await api.draft("Letter"));
      await eventually("batches are made", () => batches(cluster, post.id));
      await cluster.add();
      const failed = async () => (await emailStatus(cluster, post.id)) === "failed";
      await eventually("the e-mail is said to have failed", failed, 60_000);
      const counts = () => cluster.sinks.mailgun.counts();
      await eventually("everybody has it all the same", () => counts().size === addresses.length);
      expect([...counts().values()].filter((count) => count > 1).length).toBeGreaterThan(0);
    });
  });

  test("of three that start on an empty database at once, all but one end", async () => {
    const cluster = await startCluster({ mysql, mode: "stock", replicas: 3, fresh: true });
    try {
      const fates = await Promise.all(cluster.replicas.map(fate));
      expect(fates.toSorted()).toEqual(["exit code 2", "exit code 2", "ready"]);
    } finally {
      await cluster.stop();
    }
  });

  test("one killed while it makes the database leaves a lock, and none ever starts again", async () => {
    const cluster = await startCluster({ mysql, mode: "stock", replicas: 1, fresh: true });
    const replica = cluster.replica(0);
    try {
      await eventually("tables are made", () => tables(cluster), 60_000);
      await replica.kill();
      for (const attempt of [1, 2]) {
        await replica.start();
        expect(await fate(replica), `attempt ${attempt}`).toBe("exit code 2");
      }
      expect(await replica.log()).toContain("MigrationsAreLockedError");
    } finally {
      await cluster.stop();
    }
  });
});

/** The tier that a new blog has for those who pay. */
async function paidTier(api: SiteApi): Promise<Item> {
  const tier = (await api.list("tiers")).find(({ type }) => type === "paid");
  if (!tier) throw new Error("The blog has no tier to pay for.");
  return tier;
}

async function titleOf(replica: Replica): Promise<string | undefined> {
  return /<title>(.*)<\/title>/.exec(await replica.text("/"))?.[1];
}

/** How a start ended. */
function fate(replica: Replica): Promise<string> {
  const ended = replica.exited.then(({ code, signal }) => `exit code ${code ?? signal}`);
  return Promise.race([
    ended,
    replica.ready().then(
      () => "ready",
      () => ended,
    ),
  ]);
}

async function batches({ database }: Cluster, postId: string): Promise<number> {
  const [row] = await database.query(
    "SELECT COUNT(*) AS made FROM email_batches WHERE email_id = (SELECT id FROM emails WHERE post_id = ?)",
    [postId],
  );
  return Number(row?.made);
}

async function emailStatus({ database }: Cluster, postId: string): Promise<string> {
  const [row] = await database.query("SELECT status FROM emails WHERE post_id = ?", [postId]);
  return row?.status;
}

/** Whether a first start is in the middle of its work. */
async function tables({ database }: Cluster): Promise<boolean> {
  const [row] = await database.query(
    "SELECT COUNT(*) AS made FROM information_schema.tables WHERE table_schema = DATABASE()",
  );
  return Number(row?.made) > 20;
}
