import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, docker } from "../../needs.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { Ground } from "./cluster/ground.ts";
import { answerEverywhere, everywhere, showEverywhere, SOON_MS } from "./everywhere.ts";
import { makeTheme, THEME_SETTING } from "./themes.ts";

const HOUR_MS = 3_600_000;

describeWith([docker], "three replicas agree on", () => {
  let ground: Ground;
  let cluster: Cluster;

  beforeAll(async () => {
    ground = await Ground.make();
    cluster = await ground.cluster();
  });

  afterAll(() => ground?.stop());

  test("the title, and on the last value after 100 edits through all of them (4)", async () => {
    const api = await cluster.api(0);
    await api.editSettings({ title: "A new title" });
    await showEverywhere(cluster, "/", "<title>A new title</title>");
    for (let edit = 1; edit <= 100; edit += 1) {
      await (await cluster.api(edit % 3)).editSettings({ title: `Title ${edit}` });
    }
    await showEverywhere(cluster, "/", "<title>Title 100</title>");
    for (const index of [0, 1, 2]) expect((await (await cluster.api(index)).settings()).title).toBe("Title 100");
  });

  test("a value that one changes and another changes back at once (4)", async () => {
    const [one, other] = [await cluster.api(0), await cluster.api(1)];
    for (let turn = 0; turn < 5; turn += 1) {
      await one.editSettings({ title: "For a moment" });
      await other.editSettings({ title: "Title 100" });
      await showEverywhere(cluster, "/", "<title>Title 100</title>");
      // a moment in which nothing has changed, as all know
      await sleep(SOON_MS / 2);
    }
  });

  test("whether the site is private (5)", async () => {
    const api = await cluster.api(1);
    await api.editSettings({ is_private: true, password: "let me in" });
    await answerEverywhere(cluster, "/", 302);
    await api.editSettings({ is_private: false });
    await answerEverywhere(cluster, "/", 200);
  });

  test("the timezone; scheduled posts are shifted once (6)", async () => {
    const api = await cluster.api(0);
    const at = new Date(Math.ceil(Date.now() / HOUR_MS) * HOUR_MS + 48 * HOUR_MS);
    const { id } = await api.schedule(await api.draft("Shifted"), at);
    await api.editSettings({ timezone: "Asia/Tokyo" });
    await everywhere(cluster, "Tokyo", async ({ index }) => {
      return (await (await cluster.api(index)).settings()).timezone === "Asia/Tokyo";
    });
    const [row] = await cluster.database.query(
      "SELECT DATE_FORMAT(published_at, '%Y-%m-%dT%H:%i:%s.000Z') AS at FROM posts WHERE id = ?",
      [id],
    );
    expect(row?.at).toBe(new Date(at.getTime() - 9 * HOUR_MS).toISOString());
    await api.editSettings({ timezone: "Etc/UTC" });
  });

  test("the locale (6)", async () => {
    const api = await cluster.api(2);
    await api.editSettings({ locale: "de" });
    await showEverywhere(cluster, "/", '<html lang="de"');
    await api.editSettings({ locale: "en" });
    await showEverywhere(cluster, "/", '<html lang="en"');
  });

  test("code injection, and a setting that was edited by hand", async () => {
    await (await cluster.api(0)).editSettings({ codeinjection_head: "<meta name=from content=api>" });
    await showEverywhere(cluster, "/", "<meta name=from content=api>");
    await cluster.database.query(
      "UPDATE settings SET value = '<meta name=from content=sql>' WHERE `key` = 'codeinjection_head'",
    );
    await showEverywhere(cluster, "/", "<meta name=from content=sql>");
  });

  test("a theme that is uploaded, activated and set up through three of them (7, 9)", async () => {
    await (await cluster.api(0)).uploadTheme(makeTheme("agreed"));
    await everywhere(cluster, "the theme in the list", async ({ index }) => {
      return (await (await cluster.api(index)).list("themes")).some(({ name }) => name === "agreed");
    });
    await (await cluster.api(1)).activateTheme("agreed");
    await showEverywhere(cluster, "/", "marker: agreed");
    await (await cluster.api(2)).editThemeSettings({ [THEME_SETTING.key]: "bright" });
    await showEverywhere(cluster, "/", "mood: bright");
    const [rows] = await cluster.database.query(
      "SELECT COUNT(*) AS count FROM custom_theme_settings WHERE theme = 'agreed'",
    );
    expect(Number(rows?.count)).toBe(1);
  });

  test("routes, and the addresses of posts in the API; invalid ones change nothing (10)", async () => {
    const api = await cluster.api(0);
    await api.uploadRoutes("collections:\n  /writing/:\n    permalink: /writing/{slug}/\n    template: index\n");
    await answerEverywhere(cluster, "/writing/", 200);
    const { id } = await (await cluster.api(1)).publish(await api.draft("Routed"));
    for (const index of [0, 1, 2]) {
      expect((await (await cluster.api(index)).read("posts", id)).url).toBe(`${cluster.url}/writing/routed/`);
    }
    await expect((await cluster.api(2)).uploadRoutes("collections:\n  broken: [")).rejects.toThrow(/4\d\d/);
    await answerEverywhere(cluster, "/writing/routed/", 200);
    await api.uploadRoutes(
      "collections:\n  /:\n    permalink: /{slug}/\n    template: index\ntaxonomies:\n  tag: /tag/{slug}/\n  author: /author/{slug}/\n",
    );
    await answerEverywhere(cluster, "/routed/", 200);
  });

  test("redirects, and the addresses of offers (11)", async () => {
    const api = await cluster.api(1);
    await api.uploadRedirects([{ from: "/old", to: "/new", permanent: false }]);
    await answerEverywhere(cluster, "/old/", 302);
    await (await cluster.api(2)).uploadRedirects([]);
    await answerEverywhere(cluster, "/old/", 404);
    const tier = (await api.list("tiers")).find(({ type }) => type === "paid");
    await api.add("offers", {
      name: "Black Friday",
      code: "black-friday",
      cadence: "month",
      status: "active",
      type: "percent",
      amount: 20,
      duration: "once",
      currency: null,
      tier: { id: tier?.id },
      display_title: "Black Friday",
      display_description: "",
      redemption_type: "signup",
    });
    await everywhere(cluster, "the offer", async (replica) => {
      const { headers } = await replica.get("/black-friday");
      return headers.get("location")?.includes("/#/portal/offers/") ?? false;
    });
  });

  test("the price of a tier (12)", async () => {
    const api = await cluster.api(0);
    const tier = (await api.list("tiers")).find(({ type }) => type === "paid");
    await api.edit("tiers", String(tier?.id), { monthly_price: 1234, yearly_price: 12_340, currency: "EUR" });
    await everywhere(cluster, "the new price", async ({ index }) => {
      const tiers = await (await cluster.api(index)).list("tiers");
      return tiers.some(({ monthly_price, currency }) => monthly_price === 1234 && currency === "EUR");
    });
  });

  test("what is published: page, sitemap, feed and API, with one webhook each (13)", async () => {
    const api = await cluster.api(0);
    const integration = await api.addIntegration("Counting");
    const hook = cluster.sinks.hooks;
    await api.addWebhook(integration, "post.published", `${hook.url}/published`);
    await api.addWebhook(integration, "site.changed", `${hook.url}/changed`);
    // every replica has its sitemap in memory before the post is there
    await Promise.all(cluster.replicas.map((replica) => replica.text("/sitemap-posts.xml")));
    await (await cluster.api(1)).publish(await api.draft("Everywhere at once"));
    await showEverywhere(cluster, "/sitemap-posts.xml", "/everywhere-at-once/");
    await showEverywhere(cluster, "/rss/", "Everywhere at once");
    await answerEverywhere(cluster, "/everywhere-at-once/", 200);
    await Promise.all([hook.wait("/published"), hook.wait("/changed")]);
    // time for a second one, if there were one
    await sleep(SOON_MS);
    expect(hook.at("/published")).toHaveLength(1);
    expect(hook.at("/changed")).toHaveLength(1);
  });

  test("recommendations in their public file", async () => {
    const api = await cluster.api(2);
    await api.add("recommendations", {
      title: "A friend",
      url: "https://friend.example.com/",
      one_click_subscribe: false,
    });
    await showEverywhere(cluster, "/.well-known/recommendations.json", "friend.example.com");
  });

  test("logins: a session of one is a session of all (22)", async () => {
    for (const index of [0, 1, 2]) expect((await (await cluster.api(index)).settings()).title).toBe("Title 100");
  });
});
