import { createHash } from "node:crypto";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, docker } from "../../needs.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { Ground } from "./cluster/ground.ts";
import type { Replica } from "./cluster/replica.ts";
import { eventually } from "./eventually.ts";
import { everywhere, showEverywhere } from "./everywhere.ts";
import { figureOf } from "./health.ts";
import { startSinkServer, type SinkServer } from "./sinks/server.ts";
import { makeTheme } from "./themes.ts";

/** By this Ghost finds GitHub here. */
const GITHUB = pathToFileURL(join(import.meta.dirname, "github.mjs")).href;

/** The theme is overwritten so often while it is read. */
const VERSIONS = 8;

const READERS = 4;

describeWith([docker], "a theme", () => {
  let ground: Ground;
  let github: SinkServer;
  let cluster: Cluster;

  beforeAll(async () => {
    const repository = { body: makeTheme("from-github", { marker: "from GitHub" }).zip };
    [ground, github] = await Promise.all([
      Ground.make(),
      startSinkServer(({ url }) => (url.pathname === "/repos/anna/from-github/zipball" ? repository : { status: 404 })),
    ]);
    const env = () => ({ NODE_OPTIONS: `--import ${GITHUB}`, GITHUB_API: github.url });
    cluster = await ground.cluster({ env });
  });

  afterAll(async () => {
    await ground?.stop();
    await github?.close();
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

  test("that is installed from GitHub is on all (7)", async () => {
    const api = await cluster.api(1);
    await api.send("POST", "themes/install/?source=github&ref=Anna/From-GitHub");
    await everywhere(cluster, "the theme from GitHub", (replica) => isListed(replica, "from-github"));
    await (await cluster.api(0)).activateTheme("from-github");
    await showEverywhere(cluster, "/", "marker: from GitHub");
    await api.activateTheme("worn");
    await showEverywhere(cluster, "/", "marker: made anew");
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
    await (await cluster.api(0)).uploadTheme(makeTheme("worn", { marker: "the last good one" }));
    await showEverywhere(cluster, "/", "marker: the last good one");
    const failed = await Promise.all(cluster.replicas.map(failures));
    await announceCorrupt(cluster, "worn");
    await everywhere(cluster, "a failed reload", async (replica) => (await failures(replica)) > failed[replica.index]!);
    for (const replica of cluster.replicas.filter(({ running }) => running)) {
      expect(await replica.isReady()).toBe(true);
      expect(await replica.text("/")).toContain("marker: the last good one");
      expect(await replica.log()).toMatch(/A change of themes could not be taken over[\s\S]*is corrupt/);
    }
    // one that has nothing on its disk shows the version before
    const later = await cluster.add();
    await later.ready();
    expect(await later.text("/")).toContain("marker: the last good one");
    await (await cluster.api(1)).uploadTheme(makeTheme("worn", { marker: "mended" }));
    await showEverywhere(cluster, "/", "marker: mended");
    await later.kill();
  });

  test("overwritten under load leaves no old bytes under a new name in a cache (8)", async () => {
    const cache: Cache = { kept: new Map(), wrong: [], withheld: 0 };
    const end = new AbortController();
    const reading = Array.from({ length: READERS }, () => readAsCache(cluster, cache, end.signal));
    for (let version = 0; version < VERSIONS; version += 1) {
      const css = `/* number ${version} */`;
      await (await cluster.api(version % 3)).uploadTheme(makeTheme("worn", { marker: `number ${version}.`, css }));
      await showEverywhere(cluster, "/", `marker: number ${version}.`);
      await eventually("the cache has it", () => [...cache.kept.values()].some((style) => style.includes(css)));
    }
    end.abort();
    await Promise.all(reading);
    expect(cache.wrong).toEqual([]);
    // some were asked of a replica that had another version
    expect(cache.withheld).toBeGreaterThan(0);
  });
});

function failures(replica: Replica): Promise<number> {
  return replica.running
    ? figureOf(replica, "ghost_replica_reloads_total", 'cause="themes",outcome="failed"')
    : Promise.resolve(0);
}

/** As if a version of a theme had been uploaded, and its object had lost its bytes since. */
async function announceCorrupt({ database, bucket }: Cluster, name: string): Promise<void> {
  const digest = createHash("sha256").update("what was uploaded").digest("hex");
  await bucket.put(`replicas/themes/${name}/${digest}.tar.gz`, "what is left of it");
  await database.query(
    `UPDATE replicas_content SET previous_digest = digest, digest = ?, changed_at = UTC_TIMESTAMP(3) WHERE name = ?`,
    [digest, `theme:${name}`],
  );
}

interface Cache {
  /** What it may keep, by its version. */
  kept: Map<string, string>;
  /** Versions that it may keep, but with the bytes of another one. */
  wrong: string[];
  /** Answers that it may not keep. */
  withheld: number;
}

/** Reads the page and then the style sheet that it names, again and again, as a cache before the balancer would. */
async function readAsCache(cluster: Cluster, cache: Cache, ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    const page = await (await fetch(cluster.url)).text();
    const url = new URL(/href="([^"]*screen\.css\?v=[^"]*)"/.exec(page)?.[1] ?? "", cluster.url);
    const version = url.searchParams.get("v") ?? "";
    const answer = await fetch(url);
    const style = await answer.text();
    if (/no-store/.test(answer.headers.get("cache-control") ?? "no-store")) {
      cache.withheld += 1;
      continue;
    }
    cache.kept.set(version, style);
    // as Ghost makes it
    const hash = createHash("sha256").update(style).digest("base64url").slice(0, version.length);
    if (hash !== version) cache.wrong.push(`${version} with ${style}`);
  }
}
