import { once } from "node:events";
import { createServer } from "node:net";
import { beforeAll, expect, it } from "vitest";
import { freePort } from "../integration/replicas/cluster/free-port.ts";
import { eventually } from "../integration/replicas/eventually.ts";
import { describeWith, docker } from "../needs.ts";
import { startProxy } from "../network/proxy.ts";
import { fill } from "./filler.ts";
import { ended, Ground } from "./ground.ts";
import { wholeView } from "./whole-view.ts";

const SCHEMA = "CREATE TABLE posts (id INT PRIMARY KEY); INSERT INTO posts VALUES (1), (2)";

describeWith([docker], "a restore", () => {
  let ground: Ground;
  let env: Record<string, string>;
  let name: string;

  beforeAll(async () => {
    ground = await Ground.make();
    env = ground.env("ghost", ground.admin);
    await ground.database("ghost", SCHEMA);
    await fill(ground.source, "ghost", 12);
    ended(await ground.run(["run"], env));
    [name = ""] = await ground.backups();
  });

  const mysqlUrl = (): string => `http://127.0.0.1:${ground.source.address.port}`;

  const posts = async (): Promise<number> =>
    Number((await ground.source.query("SELECT COUNT(*) AS n FROM ghost.posts"))[0]?.["n"]);

  it("refuses a database that holds something, and changes nothing", async () => {
    const refused = await ground.run(["restore", name], env);
    ended(refused, 64);
    expect(refused.stderr).toContain('The database \\"ghost\\" is not empty.');
    expect(await posts()).toBe(2);
    expect(await ground.backups()).toEqual([name]);
  });

  it("replaces it after a proven safety dump, which is never the latest", async () => {
    await ground.source.query("INSERT INTO ghost.posts VALUES (3), (4), (5)");
    const restored = await ground.run(["restore", "latest", "--replace", "--json"], env);
    ended(restored);
    expect(await posts()).toBe(2);
    const { safety, rows } = JSON.parse(restored.stdout) as { safety: string; rows: number };
    expect(safety).toMatch(/^blog\/ghost\/\d{8}T\d{6}Z-before-restore$/);
    expect(rows).toBeGreaterThan(2);
    ended(await ground.run(["restore", safety, "--replace"], env));
    expect(await posts()).toBe(5);
    const again = await ground.run(["restore", "latest", "--into", "ghost2", "--json"], env);
    ended(again);
    expect(JSON.parse(again.stdout)).toMatchObject({ backup: name, safety: null });
    await ground.source.drop("ghost2");
  });

  it("waits for those who use the database to leave it, and changes nothing when they stay", async () => {
    const before = await posts();
    const user = await ground.source.connect("ghost");
    try {
      const refused = await ground.run(["restore", name, "--replace", "--wait", "1"], env);
      ended(refused, 75);
      expect(refused.stderr).toContain('The database \\"ghost\\" is in use, by root@');
      expect(await posts()).toBe(before);
      const seen = await startProxy({ target: mysqlUrl() });
      const through = { ...env, MYSQL_PORT: String(seen.port) };
      const waiting = ground.run(["restore", name, "--replace", "--wait", "120"], through);
      await eventually("it has asked twice", () => seen.stats().total > 1, 60_000);
      expect(await posts()).toBe(before);
      await user.end();
      const restored = await waiting.finally(() => seen.close());
      ended(restored);
      expect(restored.stderr).toContain("it waits");
    } finally {
      user.destroy();
    }
  });

  it("waits for a MySQL and a bucket that are not there yet, but not for what no time mends", async () => {
    const port = await freePort();
    const late = { ...env, MYSQL_PORT: String(port) };
    ended(await ground.run(["restore", name, "--into", "ghost2", "--wait", "1"], late), 69);
    const closed = createServer((socket) => socket.destroy()).listen(port, "127.0.0.1");
    const waiting = ground.run(["restore", name, "--into", "ghost2", "--wait", "120"], late);
    await once(closed, "connection");
    closed.close();
    await once(closed, "close");
    const server = await startProxy({ target: mysqlUrl(), port });
    try {
      const restored = await waiting;
      ended(restored);
      expect(restored.stderr).toMatch(/it waits.*could not be reached/);
    } finally {
      await server.close();
      await ground.source.drop("ghost2");
    }
    const wrong = { ...env, MYSQL_PASSWORD: "wrong" };
    ended(await ground.run(["restore", name, "--into", "ghost2", "--wait", "60"], wrong), 77);
  });

  it("takes the newest of a time, and nothing before the first", async () => {
    const early = await ground.run(["restore", "--at", "2001-01-01T00:00:00Z", "--into", "ghost2"], env);
    ended(early, 69);
    expect(early.stderr).toContain("There is no backup of 2001-01-01");
    ended(await ground.run(["restore", "--at", "2101-01-01T00:00:00Z", "--into", "ghost2"], env));
    await ground.source.drop("ghost2");
  });

  it("goes on where the download broke off", async () => {
    const proxy = await startProxy({ target: ground.store.endpoint });
    try {
      proxy.set({ kind: "reset", direction: "download", afterBytes: 5_000_000, times: 2 });
      ended(await ground.run(["restore", name, "--into", "ghost2"], { ...env, AWS_ENDPOINT_URL_S3: proxy.url }));
      expect(proxy.stats().struck).toBe(2);
      expect(await wholeView(ground.source, "ghost2")).toMatchObject({ "table posts": { rows: 2 } });
    } finally {
      await proxy.close();
      await ground.source.drop("ghost2");
    }
  });

  it("refuses wrong bytes before it replaces anything, and says so of an empty database", async () => {
    const { object } = await ground.manifest(name);
    const whole = await ground.bucket.bytes(object.key);
    const before = await posts();
    const flipped = Buffer.from(whole);
    flipped[whole.length >> 1] = (flipped[whole.length >> 1] ?? 0) ^ 1;
    for (const wrong of [flipped, whole.subarray(0, -1)]) {
      await ground.bucket.put(object.key, wrong);
      const replaced = await ground.run(["restore", name, "--replace"], env);
      ended(replaced, 65);
      expect(replaced.stderr).toMatch(/is not what was stored/);
      expect(await posts()).toBe(before);
      ended(await ground.run(["verify", name], env), 65);
    }
    const empty = await ground.run(["restore", name, "--into", "ghost2"], env);
    expect(empty.exitCode).toBe(65);
    await ground.bucket.put(object.key, whole);
    await ground.source.drop("ghost2");
  });

  it("refuses a manifest that it does not understand", async () => {
    const key = `mysql/${name}/manifest.json`;
    const whole = await ground.bucket.bytes(key);
    const manifest = JSON.parse(whole.toString()) as object;
    for (const wrong of [
      { ...manifest, more: 1 },
      { ...manifest, format: 2 },
      { ...manifest, name: "blog/ghost/20200101T000000Z" },
    ]) {
      await ground.bucket.put(key, JSON.stringify(wrong));
      const refused = await ground.run(["restore", name, "--into", "ghost2"], env);
      ended(refused, 65);
      expect(refused.stderr).toContain("Nothing was changed.");
    }
    await ground.bucket.put(key, whole);
    expect(await ground.source.databases()).not.toContain("ghost2");
  });

  it("refuses definers that the server lacks, or makes them locked", async () => {
    await ground.database("views", SCHEMA);
    await ground.source.query("CREATE USER editor@localhost; GRANT SELECT ON views.* TO editor@localhost");
    await ground.source.query("CREATE DEFINER=editor@localhost VIEW seen AS SELECT id FROM posts", [], "views");
    ended(await ground.run(["run"], { ...env, MYSQL_DATABASES: "views" }));
    await ground.source.query("DROP DATABASE views");
    await ground.source.query("DROP USER editor@localhost");
    const refused = await ground.run(["restore", "latest", "--database", "views"], env);
    ended(refused, 69);
    expect(refused.stderr).toContain("'editor'@'localhost'");
    expect(await ground.source.databases()).not.toContain("views");
    ended(await ground.run(["restore", "latest", "--database", "views", "--create-definers"], env));
    expect(await ground.source.query("SELECT COUNT(*) AS n FROM views.seen")).toEqual([{ n: 2 }]);
    const [account] = await ground.source.query(
      "SELECT account_locked AS locked FROM mysql.user WHERE user = 'editor'",
    );
    expect(account).toEqual({ locked: "Y" });
  });

  it("wants an account that may read back what it loads", async () => {
    const refused = await ground.run(["restore", name, "--into", "elsewhere"], ground.env("ghost"));
    ended(refused, 77);
    expect(refused.stderr).toContain("Nothing was changed.");
  });
});
