import { installGhost } from "@stateless-ghost/local";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { describeWith, docker } from "../../needs.ts";
import { Minio } from "../commands/bucket.ts";
import { adminFilesOf, digestsFrom } from "./admin-files.ts";
import { startCluster, type Cluster, type ClusterOptions } from "./cluster/cluster.ts";
import { startMysql, type Mysql } from "./cluster/mysql.ts";
import type { Replica } from "./cluster/replica.ts";
import { eventually } from "./eventually.ts";
import { Load } from "./load.ts";

const OLD = "6.64.0";
const NEW = "6.65.0";

const REQUESTS_PER_SECOND = 30;

/** Settings that the new version adds, as far as the database knows. */
const ADDED = ["og_title", "twitter_title", "meta_title"];

/** What the new version's migration makes. */
const NEW_TABLE = "members_metafield_change_events";

/** In the log of a replica that finds a statement of one that was killed. */
const ORPHAN = "MySQL is still at what a process asked for that is gone";

/** A replica on two busy cores comes to its migration. */
const BOOT_MS = 60_000;

/** So long the migration waits at its last statement, which MySQL goes on with when nobody waits for it any more. */
const HELD_SECONDS = 20;

describeWith([docker], `an upgrade of Ghost from ${OLD} to ${NEW}`, () => {
  let mysql: Mysql;
  let minio: Minio;
  let cluster: Cluster;

  const start = async (replicas: number): Promise<void> => {
    const options: ClusterOptions = { mysql, minio, mode: "replicas", ghostVersion: OLD, replicas };
    cluster = await startCluster({ ...options, replicaConfig: { drainDelay: 2000 } });
  };

  beforeAll(async () => {
    [mysql, minio] = await Promise.all([startMysql(), Minio.start()]);
  });

  afterEach(async () => {
    await cluster?.stop();
  });

  afterAll(async () => {
    await minio?.stop();
    await mysql?.stop();
  });

  test("replica by replica under load, its migration included, is noticed by nobody (3)", async () => {
    await start(3);
    await cluster.database.query("DELETE FROM settings WHERE `key` IN (?)", [ADDED]);
    cluster.balancer.reset();
    const load = await Load.start(cluster, REQUESTS_PER_SECOND);
    const { directory } = await installGhost({ version: NEW });
    const first = await cluster.add({ ghost: directory });
    await cluster.ready();
    expect(await migrations(cluster)).toEqual({ done: 1, locked: 0 });
    const adminOf = { [OLD]: await adminFilesOf(cluster.replica(0)), [NEW]: await adminFilesOf(first) };
    await allServe(cluster, adminOf[OLD], 0);
    await allServe(cluster, adminOf[NEW], first.index);
    for (const replica of cluster.replicas.filter((one) => one !== first)) {
      expect(await replica.stop()).toEqual({ code: 0, signal: null });
      await replica.start({ ghostVersion: NEW });
      await cluster.ready();
    }
    const { sent, failures } = await load.stop();
    expect(failures).toEqual([]);
    expect(cluster.balancer.counts()).toMatchObject({ refused: 0, broken: 0, unserved: 0 });
    expect(sent).toBeGreaterThan(15 * REQUESTS_PER_SECOND);
    await isWhole(cluster);
    for (const replica of cluster.replicas) {
      // planned: one start of each, and a second one of those that had run the old version
      const starts = (await replica.log()).match(/health and metrics on port/g);
      expect(starts).toHaveLength(replica === first ? 1 : 2);
      expect(await adminFilesOf(replica)).toEqual(adminOf[NEW]);
    }
  });

  test("goes on by itself after a kill -9 in the middle of the migration (2)", async () => {
    await start(1);
    await cluster.database.query("DELETE FROM settings WHERE `key` IN (?)", [ADDED]);
    const { directory } = await installGhost({ version: NEW });
    // the new table refers to this one
    const held = cluster.database.query(`START TRANSACTION; SELECT COUNT(*) FROM members; DO SLEEP(${HELD_SECONDS})`);
    const first = await cluster.add({ ghost: directory });
    await eventually("the migration is under way", () => isMigrating(cluster, first), BOOT_MS);
    expect(await migrations(cluster)).toEqual({ done: 0, locked: 1 });
    await first.kill();
    await first.start();
    await eventually("it waits for what was left under way", async () => (await first.log()).includes(ORPHAN), BOOT_MS);
    expect(await migrations(cluster)).toEqual({ done: 0, locked: 1 });
    await held;
    await cluster.ready();
    await isWhole(cluster);
    expect(await first.text("/")).toContain("</html>");
  });
});

/** Every replica answers with the bytes that the replica of that version has itself. */
async function allServe(cluster: Cluster, paths: readonly string[], owner: number): Promise<void> {
  expect(paths.length).toBeGreaterThan(20);
  const expected = await digestsFrom(cluster.replica(owner), paths);
  expect(Object.values(expected).filter((digest) => digest.length !== 64)).toEqual([]);
  for (const replica of cluster.replicas) expect(await digestsFrom(replica, paths)).toEqual(expected);
}

async function migrations({ database }: Cluster): Promise<{ done: number; locked: number }> {
  const [done] = await database.query("SELECT COUNT(*) AS count FROM migrations WHERE version = '6.65'");
  const [lock] = await database.query("SELECT SUM(locked) AS locked FROM migrations_lock");
  return { done: Number(done?.count), locked: Number(lock?.locked) };
}

async function isMigrating({ database }: Cluster, replica: Replica): Promise<boolean> {
  if (!replica.running) throw new Error(`The replica ended:\n${await replica.log()}`);
  const statements = await database.query(
    "SELECT info FROM performance_schema.processlist WHERE user = ? AND info LIKE ?",
    [database.user, `alter table \`${NEW_TABLE}\`%`],
  );
  return statements.length > 0;
}

/** As after an upgrade of a single Ghost. */
async function isWhole(cluster: Cluster): Promise<void> {
  expect(await migrations(cluster)).toEqual({ done: 1, locked: 0 });
  // the last statement of the migration
  const references = await cluster.database.query(
    "SELECT 1 FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE() AND TABLE_NAME = ?",
    [NEW_TABLE],
  );
  expect(references).toHaveLength(1);
  const settings = await cluster.database.query("SELECT `key` FROM settings WHERE `key` IN (?)", [ADDED]);
  expect(settings.map(({ key }) => key).toSorted()).toEqual(ADDED.toSorted());
  const doubled = await cluster.database.query("SELECT `key` FROM settings GROUP BY `key` HAVING COUNT(*) > 1");
  expect(doubled).toEqual([]);
}
