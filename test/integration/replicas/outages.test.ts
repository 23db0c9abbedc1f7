import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { describeWith, docker } from "../../needs.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { Ground } from "./cluster/ground.ts";
import type { Replica } from "./cluster/replica.ts";
import { eventually } from "./eventually.ts";
import { answerEverywhere, everywhere, showEverywhere, SOON_MS } from "./everywhere.ts";
import { figureOf, healthOf, leaderOf } from "./health.ts";
import { keepCopies } from "./restored.ts";
import { makeTheme } from "./themes.ts";

const STALE_AFTER_MS = 3000;

/** From the moment at which the database is not to be had any more, and the load of a busy machine. */
const NOT_READY_WITHIN_MS = STALE_AFTER_MS + 2000;

/** After an outage: the server is awake, connections have to be made anew. */
const AGAIN_WITHIN_MS = 10_000;

/** Connections are cut so often while the site is edited. */
const CUTS = 15;

describeWith([docker], "three replicas get over", () => {
  let ground: Ground;
  let cluster: Cluster;

  beforeAll(async () => {
    ground = await Ground.make();
    cluster = await ground.cluster({ replicaConfig: { staleAfter: STALE_AFTER_MS } });
  });

  afterAll(() => ground?.stop());

  afterEach(() => {
    const ended = cluster.replicas.filter(({ running }) => !running);
    if (ended.length > 0) throw new Error(`Replicas ended: ${ended.map(({ index }) => index).join(", ")}.`);
  });

  test("a database that is down for a minute, and miss nothing that was changed before they came back (24)", async () => {
    const { name, user } = cluster.database;
    const failures = await Promise.all(cluster.replicas.map(pollFailures));
    // nobody but this test can look at it as soon as it is up
    await ground.mysql.query(`ALTER USER '${user}'@'%' ACCOUNT LOCK`);
    await ground.mysql.down();
    await notReady(cluster, "database", NOT_READY_WITHIN_MS);
    await sleep(60_000 - NOT_READY_WITHIN_MS);
    await ground.mysql.up();
    await ground.mysql.query("UPDATE settings SET value = 'Changed at once' WHERE `key` = 'title'", [], name);
    await ground.mysql.query(`ALTER USER '${user}'@'%' ACCOUNT UNLOCK`);
    await cluster.ready();
    await showEverywhere(cluster, "/", "<title>Changed at once</title>");
    for (const [index, replica] of cluster.replicas.entries()) {
      expect(await pollFailures(replica)).toBeGreaterThan(failures[index]! + 10);
    }
    await leaderOf(cluster);
    await (await cluster.api(1)).editSettings({ title: "Changed by a replica" });
    await showEverywhere(cluster, "/", "<title>Changed by a replica</title>");
  });

  test("a database that does not answer while its connections stay open (24)", async () => {
    const failures = await Promise.all(cluster.replicas.map(pollFailures));
    await ground.mysql.pause();
    await notReady(cluster, "database", NOT_READY_WITHIN_MS);
    await everywhere(
      cluster,
      "it has given up waiting",
      async (replica) => (await pollFailures(replica)) > failures[replica.index]!,
      AGAIN_WITHIN_MS,
    );
    await ground.mysql.unpause();
    await cluster.database.query("UPDATE settings SET value = 'After the silence' WHERE `key` = 'title'");
    await eventually("all are ready", () => allReady(cluster), AGAIN_WITHIN_MS);
    await showEverywhere(cluster, "/", "<title>After the silence</title>");
  });

  test("a database that is started again (24)", async () => {
    await ground.mysql.restart();
    await cluster.database.query("UPDATE settings SET value = 'Started again' WHERE `key` = 'title'");
    await showEverywhere(cluster, "/", "<title>Started again</title>", AGAIN_WITHIN_MS);
    await eventually("all are ready", () => allReady(cluster), AGAIN_WITHIN_MS);
  });

  test("connections that are cut again and again while the site is edited (24)", async () => {
    let edited = 0;
    for (let cut = 0; cut < CUTS; cut += 1) {
      const api = await cluster.api(cut % 3);
      const edits = [
        api.editSettings({ title: `Title ${cut}`, codeinjection_head: `<meta name=cut content=${cut}>` }),
        api.uploadRedirects([{ from: "/cut", to: `/to-${cut}`, permanent: false }]),
      ];
      const outcomes = edits.map((edit) => edit.then(() => true).catch(() => false));
      await eventually("there are connections to cut", () => cluster.database.killConnections());
      edited += (await Promise.all(outcomes)).filter(Boolean).length;
    }
    expect(edited).toBeGreaterThan(0);
    await agreeWithDatabase(cluster);
    await (await cluster.api(0)).uploadRedirects([{ from: "/cut", to: "/to-the-end", permanent: false }]);
    await everywhere(cluster, "the last redirect", async (replica) => {
      return (await replica.get("/cut/")).headers.get("location") === "/to-the-end";
    });
  });

  test("being stopped for half a minute (24)", async () => {
    const stopped = await leaderOf(cluster);
    const other = cluster.replicas.find((replica) => replica !== stopped);
    stopped.pause();
    const api = await cluster.api(other!.index);
    await api.editSettings({ title: "While one slept" });
    await api.uploadTheme(makeTheme("slept"));
    await api.activateTheme("slept");
    await eventually("the balancer leaves it out", () => !cluster.balancer.ready().includes(stopped.port));
    await sleep(30_000);
    stopped.resume();
    await showEverywhere(cluster, "/", "<title>While one slept</title>", 2000);
    await showEverywhere(cluster, "/", "marker: slept", 2000);
    await cluster.ready();
  });

  test("a backup of the database that is restored, without the tables of this package (24)", async () => {
    const api = await cluster.api(0);
    await api.editSettings({ title: "Of the backup" });
    await api.uploadTheme(makeTheme("kept"));
    await api.activateTheme("kept");
    await api.uploadRedirects([{ from: "/moved", to: "/there", permanent: false }]);
    const restore = await keepCopies(cluster.database, ["settings", "products", "posts", "posts_authors"]);
    const { id } = (await api.list("tiers")).find(({ type }) => type === "paid")!;
    await api.edit("tiers", id, { monthly_price: 4321, yearly_price: 43_210, currency: "EUR" });
    await api.editSettings({ title: "Of no backup" });
    await api.publish(await api.draft("Of no backup at all"));
    await showEverywhere(cluster, "/sitemap-posts.xml", "/of-no-backup-at-all/");
    await restore();
    await dropTables(cluster, "replicas_");
    await showEverywhere(cluster, "/", "<title>Of the backup</title>");
    await everywhere(cluster, "the price of the backup", async ({ index }) => {
      const tiers = await (await cluster.api(index)).list("tiers");
      return tiers.every(({ monthly_price }) => monthly_price !== 4321);
    });
    await everywhere(cluster, "the sitemap of the backup", async (replica) => {
      return !(await replica.text("/sitemap-posts.xml")).includes("/of-no-backup-at-all/");
    });
    await leaderOf(cluster, AGAIN_WITHIN_MS);
    // what is in the bucket, by one that has nothing of it on its disk
    await cluster.add();
    await cluster.ready();
    await showEverywhere(cluster, "/", "marker: kept");
    await answerEverywhere(cluster, "/moved/", 302);
    await (await cluster.api(1)).uploadTheme(makeTheme("afterwards"));
    await everywhere(cluster, "a theme that was uploaded afterwards", async ({ index }) => {
      return (await (await cluster.api(index)).list("themes")).some(({ name }) => name === "afterwards");
    });
    await eventually("all are ready", () => allReady(cluster), SOON_MS);
  });
});

async function dropTables({ database }: Cluster, prefix: string): Promise<void> {
  const tables = (await database.query("SHOW TABLES")).map((row) => String(Object.values(row)[0]));
  for (const table of tables) if (table.startsWith(prefix)) await database.query(`DROP TABLE ${table}`);
}

function pollFailures(replica: Replica): Promise<number> {
  return figureOf(replica, "ghost_replica_poll_failures_total");
}

async function notReady(cluster: Cluster, reason: string, withinMs: number): Promise<void> {
  await everywhere(
    cluster,
    `not ready because of the ${reason}`,
    async (replica) => {
      const { status, reasons } = await healthOf(replica);
      return status === 503 && Object.keys(reasons).includes(reason);
    },
    withinMs,
  );
}

async function allReady(cluster: Cluster): Promise<boolean> {
  return (await Promise.all(cluster.replicas.map((replica) => replica.isReady()))).every(Boolean);
}

/** Whatever became of each edit: all show what the database holds. */
async function agreeWithDatabase(cluster: Cluster): Promise<void> {
  const rows = await cluster.database.query(
    "SELECT `key`, value FROM settings WHERE `key` IN ('title', 'codeinjection_head')",
  );
  const values = Object.fromEntries(rows.map(({ key, value }) => [key, value]));
  await showEverywhere(cluster, "/", `<title>${values.title}</title>`, AGAIN_WITHIN_MS);
  await showEverywhere(cluster, "/", String(values.codeinjection_head), AGAIN_WITHIN_MS);
}
