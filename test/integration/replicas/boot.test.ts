import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installGhost } from "@stateless-ghost/local";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, docker } from "../../needs.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { Ground } from "./cluster/ground.ts";
import type { Row } from "./cluster/mysql.ts";
import { eventually } from "./eventually.ts";

/** From an empty database to a whole one takes about 10 s; what is looked for passes in a second. */
const PHASE_MS = 60_000;

describeWith([docker], "replicas that start", () => {
  let ground: Ground;

  beforeAll(async () => {
    ground = await Ground.make();
  });

  afterAll(() => ground?.stop());

  test("three at once on an empty database all come up, and every setting is there once (1)", async () => {
    const cluster = await ground.cluster({ replicas: 3, fresh: true });
    await cluster.ready();
    expect(cluster.replicas.every(({ running }) => running)).toBe(true);
    expect(await doubledSettings(cluster)).toEqual([]);
    // one of them waited, and said so once
    const logs = await Promise.all(cluster.replicas.map((replica) => replica.log()));
    expect(logs.filter((log) => log.includes("Another replica initialises or migrates the database"))).not.toHaveLength(
      0,
    );
  });

  test("three at once with default settings missing, as after an upgrade, add each once (3)", async () => {
    const cluster = await ground.cluster({ replicas: 3 });
    await Promise.all(cluster.replicas.map((replica) => replica.kill()));
    await cluster.database.query("DELETE FROM settings WHERE `key` IN ('og_title', 'twitter_title', 'meta_title')");
    await Promise.all(cluster.replicas.map((replica) => replica.start()));
    await cluster.ready();
    expect(await doubledSettings(cluster)).toEqual([]);
    const [row] = await cluster.database.query(
      "SELECT COUNT(*) AS count FROM settings WHERE `key` IN ('og_title', 'twitter_title', 'meta_title')",
    );
    expect(Number(row?.count)).toBe(3);
  });

  test.each<[string, (tables: Row) => boolean]>([
    ["tables are made", ({ count }) => count > 40],
    ["fixtures are inserted", ({ migrations, permissions }) => migrations > 0 && permissions > 0],
    ["defaults are about to be set", ({ versions }) => versions > 0],
  ])("after a kill -9 while %s, the next one makes a whole blog (2)", async (_phase, reached) => {
    const cluster = await ground.cluster({ replicas: 0, account: false });
    const first = await cluster.add();
    await eventually("the phase", async () => reached(await progress(cluster)), PHASE_MS);
    await first.kill();
    expect((await progress(cluster)).settings).toBe(0);
    const second = await cluster.add();
    await second.ready();
    const after = await progress(cluster);
    expect(after).toMatchObject({ locked: 0 });
    expect(after.settings).toBeGreaterThan(90);
    expect(after.permissions).toBeGreaterThan(100);
    expect(await second.text("/")).toContain("</html>");
  });

  test("an unfinished start is not looked for where there is content", async () => {
    const cluster = await ground.cluster({ replicas: 1 });
    await cluster.replica(0).kill();
    // as of a blog whose table of migrations was lost
    await cluster.database.query("DELETE FROM migrations WHERE version <> 'init'");
    await cluster.database.query("UPDATE migrations_lock SET locked = 1");
    const before = await progress(cluster);
    await cluster.replica(0).start();
    await cluster.replica(0).exited;
    expect(await progress(cluster)).toEqual({ ...before, locked: 0 });
    expect(await cluster.replica(0).log()).not.toContain("Removed");
  });

  test("a wrong configuration: all mistakes at once, exit code 64, nothing started", async () => {
    const cluster = await ground.cluster({
      replicas: 0,
      account: false,
      replicaConfig: { pollInterval: 1, bukket: "x", healthPort: "web" },
    });
    const replica = await cluster.add();
    expect((await replica.exited).code).toBe(64);
    const log = await replica.log();
    expect(log).toContain("3 mistakes");
    for (const option of ["pollInterval: given 1", 'healthPort: given "web"', "bukket: no such option"]) {
      expect(log).toContain(option);
    }
    expect(await cluster.database.query("SHOW TABLES")).toEqual([]);
  });

  test("without a bucket one runs and says why; a second one does not start", async () => {
    const cluster = await ground.cluster({ replicas: 0, account: false, replicaConfig: { bucket: "", endpoint: "" } });
    const first = await cluster.add();
    await first.ready();
    expect(await first.log()).toContain("This replica must be the only one: replicas.bucket is not set");
    const second = await cluster.add();
    expect((await second.exited).code).toBe(69);
    expect(await second.log()).toMatch(/is running, and this one must be alone/);
  });
});

describeWith([docker], "a Ghost that is not as it was tested", () => {
  let ground: Ground;
  let folder: string;
  let cluster: Cluster | undefined;

  beforeAll(async () => {
    ground = await Ground.make();
    folder = await mkdtemp(join(tmpdir(), "changed-ghost-"));
  });

  afterAll(async () => {
    await ground?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Ghost in a folder of its own, with its packages where they were. */
  const copyOfGhost = async (name: string): Promise<string> => {
    const { directory } = await installGhost();
    const copy = join(folder, name);
    await mkdir(copy);
    for (const part of ["core", "content", "package.json", "index.js", "MigratorConfig.js"]) {
      await cp(join(directory, part), join(copy, part), { recursive: true });
    }
    await symlink(join(directory, "node_modules"), join(copy, "node_modules"));
    return copy;
  };

  test("is not started: the file and the symbols in it are named (25)", async () => {
    const copy = await copyOfGhost("patched");
    const path = join(copy, "core/server/services/email-service/batch-sending-service.js");
    await writeFile(path, `${await readFile(path, "utf8")}\n// a patch\n`);
    cluster = await ground.cluster({ replicas: 0, account: false });
    const replica = await cluster.add({ ghost: copy });
    expect((await replica.exited).code).toBe(70);
    const log = await replica.log();
    expect(log).toContain("This Ghost 6.65.0 is not the one that was tested");
    expect(log).toMatch(/batch-sending-service\.js \([^)]*prototype\.emailJob[^)]*\): differs from Ghost 6\.65\.0/);
    expect(await cluster.database.query("SHOW TABLES")).toEqual([]);
  });

  test("of an unknown version runs alone, and says what differs", async () => {
    const copy = await copyOfGhost("unknown");
    const manifest = JSON.parse(await readFile(join(copy, "package.json"), "utf8"));
    await writeFile(join(copy, "package.json"), JSON.stringify({ ...manifest, version: "6.66.0" }));
    const replica = await cluster!.add({ ghost: copy });
    await replica.ready();
    expect(await replica.log()).toContain(
      "This replica must be the only one: Ghost 6.66.0 was not tested with this package",
    );
    const second = await cluster!.add({ ghost: copy });
    expect((await second.exited).code).toBe(69);
  });
});

async function doubledSettings(cluster: Cluster): Promise<Row[]> {
  return cluster.database.query("SELECT `key` FROM settings GROUP BY `key` HAVING COUNT(*) > 1");
}

/** How far a first start has come; a table that does not exist has no rows. */
async function progress({ database }: Cluster): Promise<Row> {
  const tables = (await database.query("SHOW TABLES")).map((row) => String(Object.values(row)[0]));
  const count = async (table: string, where = "TRUE"): Promise<number> => {
    if (!tables.includes(table)) return 0;
    const [row] = await database.query(`SELECT COUNT(*) AS count FROM \`${table}\` WHERE ${where}`);
    return Number(row?.count);
  };
  return {
    count: tables.filter((table) => !table.startsWith("replicas_")).length,
    migrations: await count("migrations"),
    versions: await count("migrations", "version <> 'init'"),
    permissions: await count("permissions_roles"),
    settings: await count("settings"),
    locked: await count("migrations_lock", "locked = 1"),
  };
}
