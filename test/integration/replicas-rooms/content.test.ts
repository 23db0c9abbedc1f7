import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readOptions } from "../../../packages/replicas/src/configuration/options.ts";
import { Bucket } from "../../../packages/replicas/src/content/bucket.ts";
import { Objects, UnusableObject } from "../../../packages/replicas/src/content/objects.ts";
import { Pointers } from "../../../packages/replicas/src/content/pointers.ts";
import { SharedDocument } from "../../../packages/replicas/src/content/shared-document.ts";
import { ThemeFolder } from "../../../packages/replicas/src/content/theme-folder.ts";
import { ThemeStore } from "../../../packages/replicas/src/content/theme-store.ts";
import type { Database } from "../../../packages/replicas/src/database/database.ts";
import { Leases } from "../../../packages/replicas/src/database/leases.ts";
import type { Ghost } from "../../../packages/replicas/src/ghost/ghost.ts";
import { createMetrics } from "../../../packages/replicas/src/health/metrics.ts";
import { AdminFiles } from "../../../packages/replicas/src/serving/admin-files.ts";
import { AdminPublisher } from "../../../packages/replicas/src/serving/admin-publisher.ts";
import { AdminShelf } from "../../../packages/replicas/src/serving/admin-shelf.ts";
import type { Surroundings } from "../../../packages/replicas/src/surroundings.ts";
import { describeWith, docker } from "../../needs.ts";
import { BucketView } from "../bucket-view.ts";
import { startMinio, type Minio } from "../minio.ts";
import { startServer, type TestServer } from "./server.ts";

const silent = { info: () => {}, warn: () => {}, error: () => {} };

const digestsOf = (replicas: readonly { pointers: Pointers }[]) =>
  Promise.all(replicas.map(async ({ pointers }) => (await pointers.get("redirects"))?.digest));

const keyOf = (name: string, digest: string | null | undefined) => `themes/${name}/${digest}.tar.gz`;

describeWith([docker], "content in MinIO and MySQL", () => {
  let minio: Minio;
  let server: TestServer;
  let database: Database;
  let bucket: Bucket;
  let root: string;
  let count = 0;

  beforeAll(async () => {
    [minio, server] = await Promise.all([startMinio(), startServer()]);
    root = await mkdtemp(join(tmpdir(), "content-"));
    await new BucketView(minio, "private").create();
    bucket = new Bucket(options("private"));
  });

  beforeEach(async () => {
    count += 1;
    database = await server.database(`content_${count}`);
  });

  afterAll(async () => {
    await Promise.all([minio.stop(), server.stop(), rm(root, { recursive: true })]);
  });

  function options(name: string) {
    const { endpoint, region, accessKeyId, secretAccessKey } = minio;
    const read = readOptions({ bucket: name, endpoint, region, accessKeyId, secretAccessKey, forcePathStyle: true });
    return { ...read, bucket: name, prefix: "replicas" };
  }

  /** Another replica, with a disk of its own; its Ghost has nothing but what these classes ask it for. */
  function replica(id: string, ghost: Partial<Ghost> = {}) {
    const surroundings = {
      id,
      ghost: { use: () => ({ clearCache: () => {} }), require: (name: string) => server.ghost.require(name), ...ghost },
      options: options("private"),
      database,
      leases: new Leases(database, id),
      bucket,
      metrics: createMetrics(),
      log: silent,
    } as unknown as Surroundings;
    const pointers = new Pointers(database, id);
    const objects = new Objects(bucket, surroundings.metrics);
    const disk = join(root, String(count), id);
    const folder = new ThemeFolder(join(disk, "themes"));
    const parts = { surroundings, pointers, objects, folder };
    return { ...parts, disk, store: new ThemeStore(parts) };
  }

  type Replica = ReturnType<typeof replica>;

  async function upload({ folder, store }: Replica, name: string, text: string): Promise<void> {
    await rm(folder.path(name), { recursive: true, force: true });
    await mkdir(folder.path(name), { recursive: true });
    await writeFile(join(folder.path(name), "index.hbs"), text);
    await store.publish(name);
  }

  const home = ({ folder }: Replica, name: string) => readFile(join(folder.path(name), "index.hbs"), "utf8");

  function document(of: Replica, applied: string[] = []) {
    const path = join(of.disk, "data/redirects.json");
    const kind = {
      kind: "redirects",
      contentType: "application/json",
      key: (digest: string) => `r${count}/${digest}`,
    };
    const read = () => readFile(path, "utf8");
    const shared = new SharedDocument(of, {
      ...kind,
      path,
      obsolete: join(of.disk, "data/redirects.yaml"),
      apply: async () => void applied.push(await shared.read(read)),
    });
    const write = async (text: string) => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    };
    return { shared, read, write, replace: (text: string) => shared.replace(text, () => write(text)), kind };
  }

  const admin = async (version: string, files: Record<string, string>) => {
    const ghostRoot = join(root, String(count), version);
    for (const [name, text] of Object.entries({ "../index.html": version, ...files })) {
      const path = join(ghostRoot, "core/built/admin/assets", name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
    return { root: ghostRoot, version } as Ghost;
  };

  const start = (id: string, ghost: Ghost) => {
    const { surroundings, objects, pointers } = replica(id, ghost);
    const shelf = new AdminShelf(objects, pointers);
    const files = new AdminFiles(ghost);
    const published = new AdminPublisher(surroundings, files, shelf).start();
    const sent = async () =>
      (await surroundings.metrics.content.get()).values.find(({ labels }) => labels.direction === "sent");
    return { shelf, files, published, sent };
  };

  describe("themes", () => {
    test("a theme of one replica comes to the other, as does its next version and its end", async () => {
      const [a, b] = [replica("a"), replica("b")];
      await upload(a, "lab", "one");
      expect(await b.store.pullAll()).toEqual([]);
      expect(await home(b, "lab")).toBe("one");
      await upload(a, "lab", "two");
      await b.store.pullAll();
      expect(await home(b, "lab")).toBe("two");
      await a.store.withdraw("lab");
      await b.store.pullAll();
      expect([a.folder.exists("lab"), b.folder.exists("lab")]).toEqual([false, false]);
      expect(b.store.changed).toEqual(new Set(["lab"]));
    });

    test("of two that come at once one is there in the end, whole", async () => {
      const [a, b] = [replica("a"), replica("b")];
      await Promise.all([upload(a, "lab", "from a"), upload(b, "lab", "from b")]);
      await Promise.all([a.store.pullAll(), b.store.pullAll()]);
      expect(await home(a, "lab")).toBe(await home(b, "lab"));
    });

    test("one that is there already is not fetched", async () => {
      const a = replica("a");
      await upload(a, "lab", "one");
      await bucket.delete(keyOf("lab", (await a.pointers.get("theme:lab"))?.digest));
      expect(await a.store.pullAll()).toEqual([]);
      expect(a.store.changed.size).toBe(0);
    });

    test("what is corrupt or missing in the bucket takes nobody's place", async () => {
      const [a, b] = [replica("a"), replica("b")];
      await upload(a, "lab", "one");
      await b.store.pullAll();
      await upload(a, "lab", "two");
      await upload(a, "other", "whole");
      const { digest } = (await a.pointers.get("theme:lab"))!;
      await bucket.put(keyOf("lab", digest), Buffer.from("garbage"));
      expect(await b.store.pullAll()).toEqual([expect.any(UnusableObject)]);
      expect([await home(b, "lab"), await home(b, "other")]).toEqual(["one", "whole"]);
      await bucket.delete(keyOf("lab", digest));
      expect(await b.store.pullAll()).toEqual([expect.any(UnusableObject)]);
      expect(await home(b, "lab")).toBe("one");
    });

    test("on an empty disk the version before is better than none", async () => {
      const [a, b] = [replica("a"), replica("b")];
      await upload(a, "lab", "one");
      await upload(a, "lab", "two");
      await bucket.delete(keyOf("lab", (await a.pointers.get("theme:lab"))?.digest));
      expect(await b.store.pullAll()).toEqual([expect.any(UnusableObject)]);
      expect(await home(b, "lab")).toBe("one");
    });

    test("one that was deleted while it was made the active one is still there", async () => {
      const [a, b] = [replica("a"), replica("b")];
      await database.change("CREATE TABLE settings (`key` VARCHAR(50), value TEXT)");
      await upload(a, "lab", "one");
      await a.store.withdraw("lab");
      await database.change("INSERT INTO settings VALUES ('active_theme', 'lab')");
      expect(await b.store.pullAll()).toEqual([]);
      expect(await home(b, "lab")).toBe("one");
    });

    test("a row that names no theme is an error and nothing else", async () => {
      const a = replica("a");
      await a.pointers.announce("theme:../../etc", "0".repeat(64));
      expect(await a.store.pullAll()).toEqual([
        expect.objectContaining({ message: expect.stringMatching("names no theme") }),
      ]);
    });
  });

  describe("documents", () => {
    test("a change comes to the others once, and does nothing where it was made", async () => {
      const [mine, theirs]: string[][] = [[], []];
      const [a, b] = [document(replica("a"), mine), document(replica("b"), theirs)];
      await a.replace("[1]");
      for (const { shared } of [a, b, a, b]) await shared.facet.reload();
      expect([mine, theirs]).toEqual([[], ["[1]"]]);
    });

    test("what was on disk without the bucket gives way, also in Ghost's older format", async () => {
      const [a, b] = [replica("a"), replica("b")];
      await document(b).write("[0]");
      await writeFile(join(b.disk, "data/redirects.yaml"), "302:");
      await document(b).shared.pull();
      expect(await document(b).read()).toBe("[0]");
      await document(a).replace("[1]");
      await document(b).shared.pull();
      expect(await document(b).read()).toBe("[1]");
      expect(await readFile(join(b.disk, "data/redirects.yaml.replaced"), "utf8")).toBe("302:");
    });

    test("what is unusable leaves what is there, or the one before", async () => {
      const [a, b, c] = [document(replica("a")), document(replica("b")), document(replica("c"))];
      await a.replace("[1]");
      await b.shared.pull();
      await a.replace("[2]");
      const { digest } = (await replica("a").pointers.get("redirects"))!;
      await bucket.put(a.kind.key(digest!), Buffer.from("garbage"));
      await expect(b.shared.facet.reload()).rejects.toThrow("corrupt");
      await expect(c.shared.pull()).rejects.toThrow("corrupt");
      expect([await b.read(), await c.read()]).toEqual(["[1]", "[1]"]);
    });
  });

  describe("announcements, when a backup of the database is restored", () => {
    const [OLD, NEW] = ["0".repeat(64), "1".repeat(64)];

    test("without them: the newest that any replica has seen is put back, whoever comes first", async () => {
      const [knowing, behind] = [replica("knowing"), replica("behind")];
      await knowing.pointers.announce("redirects", OLD);
      await digestsOf([behind]);
      await knowing.pointers.announce("redirects", NEW);
      await database.change("DROP TABLE replicas_content");
      expect(await digestsOf([behind])).toEqual([OLD]);
      expect(await digestsOf([knowing])).toEqual([NEW]);
      expect(await digestsOf([behind, knowing])).toEqual([NEW, NEW]);
    });

    test("with older ones: those are current again", async () => {
      const a = replica("a");
      await a.pointers.announce("redirects", OLD);
      await database.change("CREATE TABLE backup AS SELECT * FROM replicas_content");
      await a.pointers.announce("redirects", NEW);
      await database.change("DELETE FROM replicas_content");
      await database.change("INSERT INTO replicas_content SELECT * FROM backup");
      expect(await digestsOf([a, replica("b")])).toEqual([OLD, OLD]);
    });

    test("what is announced after one was put back is never taken for older than that", async () => {
      const [a, b] = [replica("a"), replica("b")];
      await a.pointers.announce("redirects", OLD);
      await database.change("UPDATE replicas_content SET changed_at = changed_at + INTERVAL 1 HOUR");
      await digestsOf([a, b]);
      await database.change("DELETE FROM replicas_content");
      await digestsOf([a]);
      await b.pointers.announce("redirects", NEW);
      expect(await digestsOf([a, b])).toEqual([NEW, NEW]);
    });
  });

  test("each version of the admin is published once, by one of those that start", async () => {
    const old = await admin("1.0.0", { "a-AAAAAAAA.js": "a", "shared-CCCCCCCC.js": "c", "editor.js": "old" });
    const next = await admin("1.1.0", { "b-BBBBBBBB.js": "b", "shared-CCCCCCCC.js": "c", "editor.js": "new" });
    const [a, b] = [start("a", old), start("b", old)];
    await Promise.all([a.published, b.published]);
    const counts = await Promise.all([a, b].map(async ({ sent }) => (await sent())?.value));
    expect(counts.toSorted()).toEqual([4, undefined]);
    const c = start("c", next);
    await c.published;
    expect((await c.sent())?.value).toBe(3);

    const find = async (name: string) => {
      const digest = await a.shelf.find(name);
      return digest && (await a.shelf.read(digest)).toString();
    };
    expect(await find("b-BBBBBBBB.js")).toBe("b");
    expect(await find(`editor.js?v=${await c.files.version("editor.js")}`)).toBe("new");
    expect(await find("nobody-DDDDDDDD.js")).toBeUndefined();
  });
});
