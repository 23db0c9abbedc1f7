import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, docker } from "../../needs.ts";
import { Minio } from "../commands/bucket.ts";
import { startCluster, type Cluster } from "./cluster/cluster.ts";
import { startMysql, type Mysql } from "./cluster/mysql.ts";
import type { Replica } from "./cluster/replica.ts";
import { eventually } from "./eventually.ts";
import { everywhere, showEverywhere } from "./everywhere.ts";
import { makeTheme } from "./themes.ts";

describeWith([docker], "a theme", () => {
  let mysql: Mysql;
  let minio: Minio;
  let cluster: Cluster;

  beforeAll(async () => {
    [mysql, minio] = await Promise.all([startMysql(), Minio.start()]);
    cluster = await startCluster({ mysql, minio, mode: "replicas" });
  });

  afterAll(async () => {
    await cluster?.stop();
    await minio?.stop();
    await mysql?.stop();
  });

  const isListed = async (replica: Replica, name: string) =>
    (await (await cluster.api(replica.index)).list("themes")).some((theme) => theme.name === name);

  test("that is overwritten or deleted through one is so on all (7)", async () => {
    const api = await cluster.api(0);
    await api.uploadTheme(makeTheme("worn", { marker: "as it was" }));
    await (await cluster.api(1)).activateTheme("worn");
    await showEverywhere(cluster, "/", "marker: as it was");
    await (await cluster.api(2)).uploadTheme(makeTheme("worn", { marker: "made anew" }));
    await showEverywhere(cluster, "/", "marker: made anew");
    await api.uploadTheme(makeTheme("spare"));
    await everywhere(cluster, "the spare theme", (replica) => isListed(replica, "spare"));
    await (await cluster.api(2)).remove("themes", "spare");
    await everywhere(cluster, "no spare theme", async (replica) => !(await isListed(replica, "spare")));
  });

  test("is on a replica that comes later, and on one that lost its disk, before they are ready (7)", async () => {
    const later = await cluster.add();
    await later.ready();
    expect(await later.text("/")).toContain("marker: made anew");
    await later.stop();
    await later.start({ emptied: true });
    const statuses = new Set<number>();
    await eventually(
      "ready again",
      async () => {
        const ready = await later.isReady();
        if (ready) statuses.add((await later.get("/")).status);
        return ready;
      },
      60_000,
    );
    expect([...statuses]).toEqual([200]);
    expect(await later.text("/")).toContain("marker: made anew");
    await later.stop();
  });

  test("uploaded through two at once is one of them, whole, on all (7)", async () => {
    for (let round = 0; round < 3; round += 1) {
      const versions = [0, 1].map((index) => `version ${round}-${index}`);
      await Promise.all(
        versions.map(async (marker, index) =>
          (await cluster.api(index)).uploadTheme(makeTheme("worn", { marker, css: `/* ${marker} */` })),
        ),
      );
      const seen = async (replica: Replica) => {
        const page = await replica.text("/");
        const path = /href="([^"]*screen\.css[^"]*)"/.exec(page)?.[1] ?? "";
        const style = await replica.text(new URL(path, cluster.url).pathname);
        return versions.filter((version) => page.includes(`marker: ${version}`) && style.includes(`/* ${version} */`));
      };
      await eventually("the same one everywhere", async () => {
        const found = await Promise.all(cluster.replicas.filter(({ running }) => running).map(seen));
        return found.every(([version]) => version !== undefined && version === found[0]?.[0]);
      });
    }
  });

  test("that is corrupt in the bucket leaves the last good one mounted, and the replicas ready (7)", async () => {
    await cluster.database.query(
      "UPDATE replicas_content SET digest = SHA2('something else', 256), changed_at = UTC_TIMESTAMP(3) WHERE name = 'theme:worn'",
    );
    await everywhere(
      cluster,
      "a failed reload in the metrics",
      async (replica) =>
        /ghost_replica_reloads_total\{cause="themes",outcome="failed"\} [1-9]/.test(await metricsOf(replica)),
      5000,
    );
    for (const replica of cluster.replicas.filter(({ running }) => running)) {
      expect(await replica.isReady()).toBe(true);
      expect((await replica.get("/")).status).toBe(200);
      expect(await replica.log()).toContain("A change of themes could not be taken over");
    }
    await (await cluster.api(1)).uploadTheme(makeTheme("worn", { marker: "mended" }));
    await showEverywhere(cluster, "/", "marker: mended", 5000);
  });

  test("overwritten under load leaves no old bytes under a new name in a cache (8)", async () => {
    const cache = new Map<string, string>();
    const mixed: string[] = [];
    const end = new AbortController();
    const read = async (replica: Replica) => {
      while (!end.signal.aborted) {
        const page = await replica.text("/");
        const url = new URL(/href="([^"]*screen\.css\?v=[^"]*)"/.exec(page)?.[1] ?? "", cluster.url);
        // the page of one replica, the style sheet of any
        const other = cluster.replica(Math.floor(Math.random() * 3));
        const answer = await other.get(url.pathname + url.search);
        const style = await answer.text();
        const storable = !/no-store/.test(answer.headers.get("cache-control") ?? "no-store");
        if (!storable) continue;
        if (!cache.has(url.search)) cache.set(url.search, style);
        if (cache.get(url.search) !== style) mixed.push(url.search);
      }
    };
    const readers = [0, 1, 2].map((index) => read(cluster.replica(index)));
    for (let version = 0; version < 8; version += 1) {
      const css = `/* number ${version} */`;
      await (await cluster.api(version % 3)).uploadTheme(makeTheme("worn", { marker: `number ${version}.`, css }));
      await showEverywhere(cluster, "/", `marker: number ${version}.`);
      await eventually("a cache has it", () => [...cache.values()].some((style) => style.includes(css)));
    }
    end.abort();
    await Promise.all(readers);
    expect(mixed).toEqual([]);
    // every version was stored, and none under two names
    expect(new Set(cache.values()).size).toBe(cache.size);
    expect(cache.size).toBeGreaterThanOrEqual(8);
  });
});

async function metricsOf({ healthUrl }: Replica): Promise<string> {
  return (await fetch(`${healthUrl}/metrics`)).text();
}
