import type { Cluster } from "../../integration/replicas/cluster/cluster.ts";
import type { Replica } from "../../integration/replicas/cluster/replica.ts";
import { routes } from "../../integration/replicas/routes.ts";
import { makeTheme, THEME_SETTING } from "../../integration/replicas/themes.ts";

/** One kind of change, and how a visitor or an author sees it. */
export interface Kind {
  readonly id: string;
  readonly name: string;
  readonly changes: number;
  /** Takes the replicas so little that it is measured at the same time as the other light ones. */
  readonly light?: true;
  /** A replica keeps what it has answered: unless somebody has asked before the change, the first look would find it. */
  readonly kept?: true;
  prepare?(cluster: Cluster): Promise<unknown>;
  /** Ends when the API has answered, or the statement has ended. */
  change(cluster: Cluster, origin: number, index: number): Promise<unknown>;
  shown(cluster: Cluster, replica: Replica, index: number): Promise<boolean>;
}

/** As many as are promised to be in time. */
const MANY = 100;

/** Of what takes long: an upload that every replica fetches and mounts. */
const FEWER = 40;

const themes = ["first", "second"] as const;
const themeOf = (index: number) => themes[index % themes.length]!;
const moodOf = (index: number) => THEME_SETTING.values[(index + 1) % THEME_SETTING.values.length]!;

const homeShows = async (replica: Replica, text: string) => (await replica.text("/")).includes(text);

const statusIs = async (replica: Replica, path: string, status: number) => {
  const answer = await replica.get(path);
  await answer.body?.cancel();
  return answer.status === status;
};

const offer = (index: number, tierId: string) => ({
  name: `Offer ${index}`,
  code: `offer-${index}`,
  display_title: `Offer ${index}`,
  display_description: "",
  cadence: "month",
  status: "active",
  type: "percent",
  amount: 20,
  duration: "once",
  currency: null,
  redemption_type: "signup",
  tier: { id: tierId },
});

export const KINDS: readonly Kind[] = [
  {
    id: "title",
    name: "title of the site",
    changes: MANY,
    change: async (cluster, origin, index) => (await cluster.api(origin)).editSettings({ title: `Title no. ${index}` }),
    shown: (_cluster, replica, index) => homeShows(replica, `<title>Title no. ${index}</title>`),
  },
  {
    id: "sql",
    name: "setting edited by SQL",
    changes: MANY,
    change: ({ database }, _origin, index) =>
      database.query("UPDATE settings SET value = ? WHERE `key` = 'codeinjection_head'", [
        `<meta name=sql content=${index}->`,
      ]),
    shown: (_cluster, replica, index) => homeShows(replica, `content=${index}->`),
  },
  {
    id: "theme-active",
    name: "active theme",
    changes: MANY,
    prepare: async (cluster) => {
      const api = await cluster.api(0);
      for (const name of themes) await api.uploadTheme(makeTheme(name));
    },
    change: async (cluster, origin, index) => (await cluster.api(origin)).activateTheme(themeOf(index)),
    shown: (_cluster, replica, index) => homeShows(replica, `marker: ${themeOf(index)}`),
  },
  {
    id: "theme-overwritten",
    name: "active theme overwritten",
    changes: FEWER,
    prepare: async (cluster) => (await cluster.api(0)).activateTheme(themes[0]),
    change: async (cluster, origin, index) =>
      (await cluster.api(origin)).uploadTheme(makeTheme(themes[0], { marker: `version ${index}.` })),
    shown: (_cluster, replica, index) => homeShows(replica, `marker: version ${index}.`),
  },
  {
    id: "theme-setting",
    name: "setting of the theme",
    changes: MANY,
    change: async (cluster, origin, index) =>
      (await cluster.api(origin)).editThemeSettings({ [THEME_SETTING.key]: moodOf(index) }),
    shown: (_cluster, replica, index) => homeShows(replica, `mood: ${moodOf(index)}`),
  },
  {
    id: "redirects",
    name: "redirects",
    changes: MANY,
    light: true,
    change: async (cluster, origin, index) =>
      (await cluster.api(origin)).uploadRedirects([{ from: `^/old-${index}/?$`, to: "/new/" }]),
    shown: (_cluster, replica, index) => statusIs(replica, `/old-${index}/`, 302),
  },
  {
    id: "tier",
    name: "price of a tier",
    changes: MANY,
    light: true,
    change: async (cluster, origin, index) => {
      const api = await cluster.api(origin);
      const tier = (await api.list("tiers")).find(({ type }) => type === "paid");
      await api.edit("tiers", String(tier?.id), { ...tier, monthly_price: 1000 + index });
    },
    shown: async (cluster, replica, index) =>
      (await (await cluster.api(replica.index)).list("tiers")).some(
        ({ monthly_price }) => monthly_price === 1000 + index,
      ),
  },
  {
    id: "offer",
    name: "address of a new offer",
    changes: MANY,
    light: true,
    change: async (cluster, origin, index) => {
      const api = await cluster.api(origin);
      const tier = (await api.list("tiers")).find(({ type }) => type === "paid");
      await api.add("offers", offer(index, tier?.id));
    },
    shown: (_cluster, replica, index) => statusIs(replica, `/offer-${index}`, 302),
  },
  {
    id: "recommendation",
    name: "recommendations in their public file",
    changes: MANY,
    light: true,
    change: async (cluster, origin, index) =>
      (await cluster.api(origin)).add("recommendations", {
        title: `Friend ${index}`,
        url: `https://friend-${index}.example.com/`,
        one_click_subscribe: false,
      }),
    shown: async (_cluster, replica, index) =>
      (await replica.text("/.well-known/recommendations.json")).includes(`friend-${index}.example.com`),
  },
  {
    id: "post",
    name: "published post in the sitemap",
    changes: MANY,
    kept: true,
    change: async (cluster, origin, index) => {
      const api = await cluster.api(origin);
      await api.publish(await api.draft(`Post of bench ${index}`));
    },
    shown: async (_cluster, replica, index) =>
      (await replica.text("/sitemap-posts.xml")).includes(`/post-of-bench-${index}/`),
  },
  {
    id: "routes",
    name: "routes",
    changes: FEWER,
    change: async (cluster, origin, index) => (await cluster.api(origin)).uploadRoutes(routes(`/blog-${index}/`)),
    shown: (_cluster, replica, index) => statusIs(replica, `/blog-${index}/`, 200),
  },
];
