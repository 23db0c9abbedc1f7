import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, docker } from "../../needs.ts";
import { startProxy, type Proxy } from "../../network/proxy.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { replicaPaths } from "./cluster/folder.ts";
import { Ground } from "./cluster/ground.ts";
import type { Replica } from "./cluster/replica.ts";
import { eventually } from "./eventually.ts";
import { answerEverywhere, showEverywhere } from "./everywhere.ts";
import { figureOf } from "./health.ts";
import { routes } from "./routes.ts";
import { makeTheme } from "./themes.ts";
import { mounting, Tmpfs } from "./tmpfs.ts";

/** The bucket is gone for so long in each of two ways. */
const OUTAGE_MS = 30_000;

const BUCKET_TIMEOUT_MS = 3000;

/** What is tried again is so after this time at most. */
const RETRIED_MS = 30_000;

/** A disk on which the themes that Ghost ships and some small ones have room, and a theme that has none there. */
const DISK_BYTES = 1024 ** 2;
const TOO_MUCH_BYTES = 2 * DISK_BYTES;
const ENOUGH_BYTES = 20 * DISK_BYTES;

const READ_MS = 200;

const NOTHING_CHANGED = /Nothing was changed/;

describeWith([docker], "an upload that cannot be kept is answered with an error, and changes nothing", () => {
  let ground: Ground;
  let line: Proxy;
  let cluster: Cluster;

  beforeAll(async () => {
    ground = await Ground.make();
    line = await startProxy({ target: ground.minio.endpoint });
    const replicaConfig = { endpoint: line.url, bucketTimeout: BUCKET_TIMEOUT_MS };
    cluster = await ground.cluster({ replicaConfig });
    const api = await cluster.api(0);
    await api.uploadTheme(makeTheme("kept", { marker: "as it was" }));
    await api.activateTheme("kept");
    await showEverywhere(cluster, "/", "marker: as it was");
  });

  afterAll(async () => {
    await ground?.stop();
    await line?.close();
  });

  test("while the bucket is down for a minute; readers and the admin do not notice (7)", async () => {
    const before = await stored(cluster);
    const three = [...cluster.replicas];
    const readers = watch(three);
    for (const kind of ["reset", "swallow"] as const) {
      line.set({ kind });
      const outage = sleep(OUTAGE_MS);
      await Promise.all(three.map((replica) => refusesAll(cluster, replica)));
      for (const { index } of three) {
        await (await cluster.api(index)).editSettings({ title: `${kind} ${index}` });
        await showEverywhere(cluster, "/", `<title>${kind} ${index}</title>`);
      }
      await showEverywhere(cluster, "/", "marker: as it was");
      await answerEverywhere(cluster, "/refused/", 404);
      await outage;
    }
    line.set(undefined);
    expect(await readers.end()).toEqual([]);
    expect(await stored(cluster)).toEqual(before);
    const api = await cluster.api(1);
    await api.uploadTheme(makeTheme("kept", { marker: "after the outage" }));
    await api.uploadRedirects([{ from: "/refused", to: "/", permanent: false }]);
    await showEverywhere(cluster, "/", "marker: after the outage");
    await answerEverywhere(cluster, "/refused/", 302);
  });

  test("and a replica that comes meanwhile is not ready before it has the theme (7)", async () => {
    line.set({ kind: "reset" });
    const later = await cluster.add();
    await eventually("it waits", async () => (await later.log()).includes("could not be fetched yet"), RETRIED_MS);
    for (let reading = 0; reading < 10; reading += 1, await sleep(READ_MS)) expect(await later.isReady()).toBe(false);
    line.set(undefined);
    await later.ready();
    expect((await later.get("/")).status).toBe(200);
    expect(await later.text("/")).toContain("marker: after the outage");
    await later.kill();
  });

  describeWith([mounting], "when the disk of a replica is full", () => {
    let disk: Tmpfs | undefined;
    let small: Replica;

    beforeAll(async () => {
      small = cluster.replica(2);
      await small.kill();
      disk = Tmpfs.mount(replicaPaths(small.directory).themes, DISK_BYTES);
      await small.start();
      await cluster.ready();
      await (await cluster.api(0)).uploadTheme(makeTheme("kept", { marker: "of a size" }));
      await showEverywhere(cluster, "/", "marker: of a size");
    });

    afterAll(async () => {
      await small?.kill();
      disk?.unmount();
    });

    test("and nothing half is left anywhere (7)", async () => {
      const before = [await stored(cluster), await themesOf(small)];
      const api = await cluster.api(2);
      for (const name of ["kept", "unheard-of"]) {
        const upload = api.uploadTheme(makeTheme(name, { marker: "too much", ballast: TOO_MUCH_BYTES }));
        await expect(upload).rejects.toThrow(/ENOSPC.*Nothing was changed.*[Ff]ree/s);
      }
      // Ghost removes its own copies without waiting for that
      await eventually("the disk is as it was", async () => {
        return JSON.stringify([await stored(cluster), await themesOf(small)]) === JSON.stringify(before);
      });
      await showEverywhere(cluster, "/", "marker: of a size");
      expect((await api.list("themes")).map(({ name }) => name)).not.toContain("unheard-of");
    });

    test("by another: that one shows its last good theme, is ready, and follows when there is room (7)", async () => {
      const [failedBefore, one, other] = [await failures(small), cluster.replica(0), cluster.replica(1)];
      await (await cluster.api(0)).uploadTheme(makeTheme("kept", { marker: "much", ballast: TOO_MUCH_BYTES }));
      for (const replica of [one, other]) {
        await eventually("the new theme", async () => (await replica.text("/")).includes("marker: much"));
      }
      await eventually("a failed reload", async () => (await failures(small)) > failedBefore);
      expect(await small.text("/")).toContain("marker: of a size");
      expect(await small.isReady()).toBe(true);
      expect(await small.log()).toMatch(/A change of themes could not be taken over[\s\S]*ENOSPC/);
      await eventually(
        "nothing half is left",
        async () => !(await themesOf(small)).some((path) => path.includes(".part-")),
      );
      disk?.resize(ENOUGH_BYTES);
      await eventually("it follows", async () => (await small.text("/")).includes("marker: much"), RETRIED_MS);
    });
  });
});

/** Each kind of upload through one replica: refused with the cause and what to do. */
async function refusesAll(cluster: Cluster, { index }: Replica): Promise<void> {
  const api = await cluster.api(index);
  const uploads = [
    () => api.uploadTheme(makeTheme("kept", { marker: "refused" })),
    () => api.uploadTheme(makeTheme(`unheard-of-${index}`)),
    () => api.uploadRedirects([{ from: "/refused", to: "/", permanent: false }]),
    () => api.uploadRoutes(routes("/refused/")),
  ];
  for (const upload of uploads) {
    const error: unknown = await upload().then(
      () => new Error("It was taken."),
      (refusal: unknown) => refusal,
    );
    expect(String(error)).toMatch(/could not be shared with the other replicas: \w/);
    expect(String(error)).toMatch(NOTHING_CHANGED);
    expect(String(error)).toMatch(/Look whether the bucket .* can be reached, then try again/);
  }
  expect((await api.list("themes")).map(({ name }) => name)).not.toContain(`unheard-of-${index}`);
}

/** What all replicas share, by names: rows and objects. */
async function stored({ database, bucket }: Cluster): Promise<unknown> {
  const rows = await database.query(
    "SELECT name, digest, previous_digest, changed_at FROM replicas_content ORDER BY name",
  );
  return { rows: rows.map((row) => Object.values(row).map(String)), objects: [...(await bucket.objects()).keys()] };
}

/** Files and folders below a replica's folder of themes. */
async function themesOf({ directory }: Replica): Promise<string[]> {
  const { themes } = replicaPaths(directory);
  const entries = await readdir(themes, { recursive: true, withFileTypes: true });
  return entries.map(({ parentPath, name }) => join(parentPath, name)).toSorted();
}

function failures(replica: Replica): Promise<number> {
  return figureOf(replica, "ghost_replica_reloads_total", `cause="themes",outcome="failed"`);
}

/** Asks each for its home page and whether it is ready; what was not answered well is told at the end. */
function watch(replicas: readonly Replica[]): { end(): Promise<string[]> } {
  const troubles: string[] = [];
  const ended = new AbortController();
  const look = async (replica: Replica) => {
    for (; !ended.signal.aborted; await sleep(READ_MS)) {
      const { status } = await replica.get("/");
      if (status !== 200) troubles.push(`replica ${replica.index} answered ${status}`);
      if (!(await replica.isReady())) troubles.push(`replica ${replica.index} was not ready`);
    }
  };
  const looking = Promise.all(replicas.map(look));
  return {
    async end() {
      ended.abort();
      await looking;
      return troubles;
    },
  };
}
