import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { describeWith, docker } from "../../needs.ts";
import { podsOf, startCheck } from "./check-run.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { Ground } from "./cluster/ground.ts";
import { eventually } from "./eventually.ts";
import { everywhere } from "./everywhere.ts";
import { startStalePod } from "./stale-pod.ts";

const TITLE = "A blog";

/** A check begins within seconds; then each step takes a moment. */
const STEP_MS = 60_000;

describeWith([docker], "ghost-replica check", () => {
  let ground: Ground;
  let cluster: Cluster;
  let before: object;

  beforeAll(async () => {
    ground = await Ground.make();
    cluster = await ground.cluster({ storage: true });
    before = await stateOf(cluster);
  });

  afterEach(async () => {
    for (const replica of cluster.replicas) replica.resume();
    await cluster.ready();
  });

  afterAll(() => ground?.stop());

  const titleIs = (holds: (title: string) => boolean) =>
    eventually("the title", async () => holds(await titleOf(cluster)), STEP_MS);

  test("passes on a healthy blog, on every replica, and leaves everything as it was", async () => {
    const { exitCode, stdout, stderr } = await startCheck(cluster);
    expect({ exitCode, stderr }, stdout).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(/read the page through every replica \(3 of 3 after/);
    expect(stdout).toMatch(/delete the picture \(2 files\)/);
    expect(stdout).toMatch(/\nAll 16 steps passed in \d+\.\d\d s\.$/);
    expect(await stateOf(cluster)).toEqual(before);
  });

  test("passes at the site's own address, and tells a program", async () => {
    const { exitCode, stdout } = await startCheck(cluster, { pods: undefined, args: ["--json"] });
    expect(JSON.parse(stdout)).toMatchObject({ result: "ok", errors: [] });
    expect(exitCode).toBe(0);
    expect(await stateOf(cluster)).toEqual(before);
  });

  test("several at once do not disturb each other", async () => {
    const ended = await Promise.all([startCheck(cluster), startCheck(cluster), startCheck(cluster)]);
    expect(ended.map(({ exitCode, all }) => (exitCode === 0 ? 0 : all))).toEqual([0, 0, 0]);
    expect(ended.map(({ all }) => all).join("")).not.toContain("left behind");
    expect(await stateOf(cluster)).toEqual(before);
  });

  test("names the replica that does not answer", async () => {
    cluster.replica(1).pause();
    const { exitCode, all } = await startCheck(cluster);
    expect(exitCode).toBe(1);
    expect(all).toContain(`Replica 127.0.0.1:${cluster.replica(1).port} did not answer within 10 s`);
    cluster.replica(1).resume();
    expect(await stateOf(cluster)).toEqual(before);
  });

  test("names the replica that is stopped in the midst of it, and cleans up by the others", async () => {
    const check = startCheck(cluster, { args: ["--within", "60"] });
    await titleIs((title) => title !== TITLE);
    cluster.replica(2).pause();
    const { exitCode, all } = await check;
    expect(exitCode).toBe(1);
    expect(all).toContain(`Replica 127.0.0.1:${cluster.replica(2).port} did not answer`);
    expect(await stateOf(cluster)).toEqual(before);
  });

  test("names the replica that shows an old title, and sets it back on all others", async () => {
    const stale = await startStalePod(cluster.replica(1));
    const pods = podsOf([cluster.replica(0), stale, cluster.replica(2)]);
    const { exitCode, all } = await startCheck(cluster, { pods, args: ["--within", "2"] });
    stale.close();
    expect(exitCode).toBe(1);
    expect(all).toMatch(/FAILED +\d+\.\d\d s {2}change the site's title/);
    expect(all).toContain(`is not everywhere after 2 s: replica 127.0.0.1:${stale.port} shows "${TITLE}"`);
    expect(await stateOf(cluster)).toEqual(before);
  });

  test("cleans up when it is asked to end", async () => {
    const check = startCheck(cluster, { args: ["--within", "60"] });
    await titleIs((title) => title !== TITLE);
    check.kill("SIGTERM");
    const { exitCode, all } = await check;
    expect(exitCode, all).toBe(75);
    expect(all).toContain("asked to end before it was done");
    expect(await stateOf(cluster)).toEqual(before);
  });

  test("removes what a check left behind that was killed", async () => {
    const check = startCheck(cluster, { args: ["--within", "60"] });
    await titleIs((title) => title !== TITLE);
    check.kill("SIGKILL");
    await check;
    expect(await titleOf(cluster)).toMatch(/^A blog \[check [0-9a-f]{8}\]$/);
    expect(await stateOf(cluster)).not.toEqual(before);
    const { exitCode, stdout } = await startCheck(cluster);
    expect(stdout).toContain(
      "remove what an earlier check left behind (1 user, 1 page, 2 files, its mark on the title)",
    );
    expect(exitCode).toBe(0);
    expect(await stateOf(cluster)).toEqual(before);
  });

  test("reads a private site as somebody who knows the code", async () => {
    const api = await cluster.api();
    await api.editSettings({ is_private: true, password: "an access code" });
    await everywhere(cluster, "it is private", async (replica) => (await replica.get("/")).status === 302);
    const { exitCode, all } = await startCheck(cluster);
    await api.editSettings({ is_private: false });
    await everywhere(cluster, "it is public", async (replica) => (await replica.get("/")).status === 200);
    expect(exitCode, all).toBe(0);
  });

  test("leaves a title alone that has no room for its mark", async () => {
    const api = await cluster.api();
    await api.editSettings({ title: "A long title".padEnd(140, "!") });
    const { exitCode, all } = await startCheck(cluster);
    await api.editSettings({ title: TITLE });
    expect(exitCode, all).toBe(0);
    expect(all).toContain("see it on every replica (not done: ");
  });

  test("says what is wrong with the database, with a code of its own", async () => {
    const unreachable = await startCheck(cluster, { env: { database__connection__port: "1" } });
    expect(unreachable).toMatchObject({ exitCode: 69, all: expect.stringContaining("MySQL could not be asked") });
    const sqlite = await startCheck(cluster, { env: { database__client: "sqlite3" } });
    expect(sqlite).toMatchObject({ exitCode: 64, all: expect.stringContaining("uses SQLite") });
    const mistake = await startCheck(cluster, { args: ["--within", "soon"] });
    expect(mistake).toMatchObject({ exitCode: 64, all: expect.stringContaining("Expected seconds") });
  });
});

describeWith([docker], "ghost-replica check on a new blog", () => {
  let ground: Ground;

  beforeAll(async () => {
    ground = await Ground.make();
  });

  afterAll(() => ground?.stop());

  test.each(["6.64.0", "6.65.0"] as const)(
    "%s without an owner passes, asks nobody for a code, and stays new",
    async (ghostVersion) => {
      const config = { security: { staffDeviceVerification: true } };
      const cluster = await ground.cluster({ replicas: 2, account: false, storage: true, config, ghostVersion });
      const before = await stateOf(cluster);
      const { exitCode, all } = await startCheck(cluster);
      expect(exitCode, all).toBe(0);
      expect(cluster.sinks.smtp.mails).toEqual([]);
      expect(await stateOf(cluster)).toEqual(before);
      await cluster.setUp();
      expect(await startCheck(cluster)).toMatchObject({ exitCode: 0 });
    },
  );

  test("reads the picture from the CDN, and says so when the CDN has none", async () => {
    let closed = false;
    const cdn = createServer(async ({ url = "" }, response) => {
      const bytes = closed ? undefined : await cluster.bucket.read(url.slice(1)).catch(() => undefined);
      response.writeHead(bytes ? 200 : 403, { "content-type": "image/png" }).end(bytes);
    }).listen(0, "127.0.0.1");
    await once(cdn, "listening");
    const cdnUrl = `http://127.0.0.1:${(cdn.address() as AddressInfo).port}`;
    const cluster = await ground.cluster({
      replicas: 2,
      storage: true,
      config: { storage: { "storage-s3/images": { cdnUrl } } },
    });
    const before = await stateOf(cluster);
    const open = await startCheck(cluster);
    expect(open).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`the page (${cdnUrl}/content/images/`) });
    closed = true;
    const { exitCode, all } = await startCheck(cluster);
    cdn.close();
    expect(exitCode, all).toBe(1);
    expect(all).toMatch(/The picture http:\S+ is not as it was uploaded: its host answers 403/);
    expect(await stateOf(cluster)).toEqual(before);
  });

  test("says so where the uploads lie on the replicas' own disks", async () => {
    const cluster = await ground.cluster({ replicas: 2 });
    const { exitCode, all } = await startCheck(cluster);
    expect(exitCode).toBe(1);
    expect(all).toMatch(/The picture \S+ is not everywhere after 5 s: replica 127\.0\.0\.1:\d+ answers 404/);
  });
});

async function titleOf({ database }: Cluster): Promise<string> {
  return (await database.query("SELECT value FROM settings WHERE `key` = 'title'"))[0]!.value;
}

/** How many rows each table has, all settings, and all uploads; without what replicas and logins leave. */
async function stateOf(cluster: Cluster): Promise<object> {
  const { database, bucket } = cluster;
  const rows: Record<string, number> = {};
  for (const row of await database.query("SHOW TABLES")) {
    const table = String(Object.values(row)[0]);
    // every login leaves a row in `brute`: it counts the attempts of an address
    if (table.startsWith("replicas_") || table === "brute") continue;
    rows[table] = Number((await database.query(`SELECT COUNT(*) AS count FROM \`${table}\``))[0]!.count);
  }
  return {
    rows,
    settings: await database.query("SELECT `key`, value FROM settings ORDER BY `key`"),
    uploads: (await bucket.keys()).filter((key) => key.startsWith("content/")),
  };
}
