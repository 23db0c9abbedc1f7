import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWith, docker } from "../needs.ts";
import { Diary, entriesIn } from "./diary.ts";
import { ended, Ground } from "./ground.ts";
import type { Started } from "./toolbox.ts";

const INTERVAL_MS = 1000;

describeWith([docker], "point in time", () => {
  let ground: Ground;
  let env: Record<string, string>;
  let admin: Record<string, string>;
  let diary: Diary;
  let archiver: Started;
  /** When the table was dropped. */
  let dropped: Date;
  let key: string;

  const pieces = async (): Promise<string[]> => ground.bucket.keys("mysql-binlog/");

  /** The archive goes on, whatever was archived before. */
  async function archived(): Promise<void> {
    const before = await pieces();
    for (const deadline = Date.now() + 60_000; (await pieces()).length <= before.length; await sleep(200)) {
      if (Date.now() > deadline) throw new Error("Nothing is archived.");
    }
  }

  beforeAll(async () => {
    const { generateX25519Identity, identityToRecipient } = await import("age-encryption");
    const identity = await generateX25519Identity();
    ground = await Ground.make();
    key = `/tmp/${ground.user}.key`;
    await ground.toolbox.write(key, `${identity}\n`);
    env = ground.env("diary", {
      BACKUP_BINLOG_INTERVAL: String(INTERVAL_MS),
      BACKUP_AGE_RECIPIENTS: await identityToRecipient(identity),
      BACKUP_POSITION: "required",
    });
    admin = { ...env, ...ground.admin, BACKUP_AGE_IDENTITY_FILE: key };
    await ground.database("diary", `${Diary.schema}; CREATE TABLE others (id INT PRIMARY KEY)`);
    await ground.database("bystander", "CREATE TABLE kept (id INT PRIMARY KEY); INSERT INTO kept VALUES (1)");
    await ground.allowLog();
    diary = new Diary(ground.source, "diary");
  });

  afterAll(async () => {
    await diary.end();
    for (const name of ["diary", "bystander", "diary_then", "diary_now"]) await ground.source.drop(name);
  });

  it("is archived while things happen, also across a kill, another start, and a change of files", async () => {
    archiver = ground.start(["binlog"], env);
    await archived();
    diary.begin();
    await sleep(500);
    ended(await ground.run(["run"], env));
    await archived();
    await archiver.kill("SIGKILL");
    const { source } = ground;
    // statements with no database chosen, with another one, and of another one with this one chosen
    await source.query("ALTER TABLE diary.entries ADD COLUMN note VARCHAR(20) NOT NULL DEFAULT 'new'");
    await source.query(
      "CREATE TABLE diary.extra (id INT PRIMARY KEY); INSERT INTO diary.extra VALUES (1), (2)",
      [],
      "bystander",
    );
    await source.query("DROP TABLE bystander.kept", [], "diary");
    await source.query("CREATE TABLE bystander.kept (id INT PRIMARY KEY); INSERT INTO bystander.kept VALUES (3)");
    await source.query("FLUSH BINARY LOGS");
    archiver = ground.start(["binlog"], env);
    await archived();
    await sleep(2500);
    await diary.end();
    await source.query("DROP TABLE diary.entries");
    dropped = new Date();
    await source.query("INSERT INTO diary.others VALUES (7)");
  });

  it("has one program a server: another one leaves, or waits until the first ends", async () => {
    const once = await ground.run(["binlog", "--once"], env);
    ended(once, 75);
    expect(once.stderr).toContain("Another program archives");
    const second = ground.start(["binlog"], env);
    await sleep(3 * INTERVAL_MS);
    await archiver.kill("SIGTERM");
    ended(await archiver.ended);
    await ground.source.query("INSERT INTO diary.others VALUES (8)");
    await archived();
    await second.kill("SIGTERM");
    const waited = await second.ended;
    ended(waited);
    expect(waited.stderr.match(/is not archived/g)).toHaveLength(1);
    expect(waited.stderr).toContain("is archived again");
  });

  it("stores nothing when nothing happens, and everything encrypted", async () => {
    const before = await pieces();
    ended(await ground.run(["binlog", "--once"], env));
    expect(await pieces()).toEqual(before);
    expect(before.every((piece) => piece.endsWith(".zst.age"))).toBe(true);
    const [piece = ""] = before;
    expect((await ground.bucket.bytes(piece)).subarray(0, 21).toString()).toBe("age-encryption.org/v1");
  });

  it("gives back exactly what was committed a second before a table was dropped", async () => {
    const moment = new Date(dropped.getTime() - 1000);
    const argv = ["restore", "--at", moment.toISOString(), "--into", "diary_then", "--json"];
    const restored = await ground.run(argv, admin);
    ended(restored);
    const count = await entriesIn(ground.source, "diary_then");
    const { least, most } = diary.at(moment);
    expect(least).toBeGreaterThan(100);
    expect(count).toBeGreaterThanOrEqual(least);
    expect(count).toBeLessThanOrEqual(most);
    const result = JSON.parse(restored.stdout) as { transactions: number; lastCommit: string; rows: number };
    expect(result.rows).toBe(count + 2);
    expect(result.transactions).toBeGreaterThan(100);
    expect(new Date(result.lastCommit).getTime()).toBeLessThanOrEqual(moment.getTime());
    const last = await ground.source.query("SELECT body, note FROM diary_then.entries ORDER BY id DESC LIMIT 1");
    expect(last).toEqual([{ body: `entry ${count} 👋`, note: "new" }]);
    expect(await ground.source.query("SELECT COUNT(*) AS n FROM diary_then.extra")).toEqual([{ n: 2 }]);
  });

  it("is of each moment, to the millisecond", async () => {
    // between two commits, each of which the diary saw from both sides
    const at = diary.commits.findLastIndex(
      ({ begun }, index) => begun > (diary.commits[index - 1]?.acknowledged ?? 0) + 2,
    );
    const moment = new Date((diary.commits[at]?.begun ?? 0) - 1);
    await ground.source.drop("diary_then");
    ended(await ground.run(["restore", "--at", moment.toISOString(), "--into", "diary_then"], admin));
    expect(await entriesIn(ground.source, "diary_then")).toBe(at);
  });

  it("goes as far as the archive does, and touches no other database", async () => {
    ended(await ground.run(["restore", "--at", "now", "--into", "diary_now"], admin));
    const tables = await ground.source.query("SHOW TABLES FROM diary_now");
    expect(tables.map((row) => Object.values(row)[0])).toEqual(["extra", "others"]);
    expect(await ground.source.query("SELECT id FROM diary_now.others ORDER BY id")).toEqual([{ id: 7 }, { id: 8 }]);
    expect(await ground.source.query("SELECT id FROM bystander.kept")).toEqual([{ id: 3 }]);
    expect(await ground.source.query("SELECT id FROM diary.others ORDER BY id")).toEqual([{ id: 7 }, { id: 8 }]);
    expect(await ground.scratch.databases()).not.toContain("diary");
  });

  it("needs the key, and pieces that are what was stored", async () => {
    const at = dropped.toISOString();
    const without = await ground.run(["restore", "--at", at, "--into", "diary_other"], { ...env, ...ground.admin });
    ended(without, 64);
    const piece = (await pieces()).at(-1) ?? "";
    const whole = await ground.bucket.bytes(piece);
    const flipped = Buffer.from(whole);
    flipped[whole.length - 1] = (flipped[whole.length - 1] ?? 0) ^ 1;
    await ground.bucket.put(piece, flipped);
    const damaged = await ground.run(["restore", "--at", "now", "--into", "diary_other"], admin);
    await ground.bucket.put(piece, whole);
    ended(damaged, 65);
    expect(damaged.stderr).toContain("is not what was stored");
    expect(await ground.source.databases()).not.toContain("diary_other");
  });
});
