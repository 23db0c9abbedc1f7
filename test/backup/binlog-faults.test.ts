import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, it } from "vitest";
import { restrictedCredentials } from "../integration/commands/restricted-credentials.ts";
import { describeWith, docker } from "../needs.ts";
import { Diary, entriesIn } from "./diary.ts";
import { ended, Ground } from "./ground.ts";
import { Server, startServer } from "./mysql.ts";

/** When a moment is past for sure: what is archived is claimed up to two seconds before it was fetched. */
const SETTLED_MS = 2500;

describeWith([docker], "an archive of the binary log", () => {
  let ground: Ground;
  let env: Record<string, string>;
  let admin: Record<string, string>;

  const insert = (id: number): Promise<unknown> => ground.source.query(`INSERT INTO notes.notes VALUES (${id})`);
  const notes = async (database: string): Promise<number[]> =>
    (await ground.source.query(`SELECT id FROM \`${database}\`.notes ORDER BY id`)).map(({ id }) => Number(id));
  const once = (): ReturnType<Ground["run"]> => ground.run(["binlog", "--once"], env);

  beforeAll(async () => {
    ground = await Ground.make();
    env = ground.env("notes", { BACKUP_METRICS_TEXTFILE: `/tmp/${ground.user}.prom` });
    admin = { ...env, ...ground.admin };
    await ground.database("notes", "CREATE TABLE notes (id INT PRIMARY KEY); INSERT INTO notes VALUES (1)");
  });

  it("says which right is missing, and leaves", async () => {
    for (const run of [await ground.run(["binlog"], env), await once()]) {
      ended(run, 77);
      expect(run.stderr).toContain("GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO the account.");
    }
  });

  it("is not needed for a restore, which then says of which time it is", async () => {
    ended(await ground.run(["run"], env));
    await insert(2);
    const restored = await ground.run(["restore", "--at", "now", "--into", "notes_copy"], admin);
    ended(restored);
    expect(restored.stderr).toContain("no binary logs are archived");
    expect(await notes("notes_copy")).toEqual([1]);
    await ground.source.drop("notes_copy");
  });

  it("is made with the writer's policy, and needs a backup that knows its place", async () => {
    await ground.source.query("GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO ?@'%'", [ground.user]);
    const printed = await ground.run(["bucket", "--policy", "writer"], env);
    const keys = await restrictedCredentials(ground.store, JSON.parse(printed.stdout) as object);
    const writer = {
      ...env,
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_SESSION_TOKEN: keys.sessionToken,
    };
    ended(await ground.run(["binlog", "--once"], writer));
    const metrics = await ground.toolbox.shell(`cat /tmp/${ground.user}-binlog.prom`);
    for (const name of ["last_upload", "reached", "unbroken_since"]) {
      expect(metrics).toMatch(new RegExp(`^backup_binlog_${name}_timestamp_seconds\\{server="blog"\\} \\d+`, "m"));
    }
    expect(metrics).toContain('backup_binlog_gaps{server="blog"} 0');
    const refused = await ground.run(["restore", "--at", "now", "--into", "notes_copy"], admin);
    ended(refused, 69);
    expect(refused.stderr).toContain("knows its place in the binary log");
  });

  it("goes up to now on a server where nothing happens, and refuses a moment that it does not reach", async () => {
    await ground.allowLog();
    ended(await ground.run(["run"], env));
    await insert(3);
    ended(await once());
    await sleep(SETTLED_MS);
    const quiet = new Date().toISOString();
    ended(await ground.run(["restore", "--at", quiet, "--into", "notes_copy"], admin));
    expect(await notes("notes_copy")).toEqual([1, 2, 3]);
    await ground.source.drop("notes_copy");
    await insert(4);
    const refused = await ground.run(["restore", "--at", new Date().toISOString(), "--into", "notes_copy"], admin);
    ended(refused, 69);
    expect(refused.stderr).toMatch(/goes up to \d{4}-.*Take --at/);
    expect(await ground.source.databases()).not.toContain("notes_copy");
    ended(await once());
  });

  it("is refused across a statement that changes two databases, and taken up to it", async () => {
    await ground.database("attic", "CREATE TABLE boxes (id INT PRIMARY KEY)");
    await sleep(10);
    const before = new Date();
    await sleep(10);
    await ground.source.query("RENAME TABLE attic.boxes TO notes.boxes");
    ended(await once());
    const refused = await ground.run(["restore", "--at", "now", "--into", "notes_copy"], admin);
    ended(refused, 69);
    expect(refused.stderr).toContain("RENAME TABLE attic.boxes TO notes.boxes");
    expect(await ground.source.databases()).not.toContain("notes_copy");
    ended(await ground.run(["restore", "--at", before.toISOString(), "--into", "notes_copy"], admin));
    expect(await notes("notes_copy")).toEqual([1, 2, 3, 4]);
    await ground.source.drop("notes_copy");
    await ground.source.query("DROP TABLE notes.boxes");
    await ground.source.drop("attic");
    ended(await ground.run(["run"], env));
  });

  it("is loud about what the server purged, goes on behind it, and is not taken across it", async () => {
    const whole = new Date();
    await sleep(SETTLED_MS);
    ended(await once());
    await insert(5);
    await ground.source.query("FLUSH BINARY LOGS");
    await insert(6);
    await ground.source.query("FLUSH BINARY LOGS");
    const [status] = await ground.source.query("SHOW BINARY LOG STATUS");
    await ground.source.query(`PURGE BINARY LOGS TO '${status?.["File"]}'`);
    const gap = await once();
    ended(gap, 65);
    expect(gap.stderr).toContain("a part of the binary log is lost");
    expect(await ground.toolbox.shell(`cat /tmp/${ground.user}-binlog.prom`)).toContain('gaps{server="blog"} 1');
    await insert(7);
    ended(await once());
    const refused = await ground.run(["restore", "--at", new Date().toISOString(), "--into", "notes_copy"], admin);
    ended(refused, 69);
    expect(refused.stderr).toContain("goes up to");
    expect(await ground.source.databases()).not.toContain("notes_copy");
    // up to the gap, and from a backup behind it
    ended(await ground.run(["restore", "--at", whole.toISOString(), "--into", "notes_copy"], admin));
    expect(await notes("notes_copy")).toEqual([1, 2, 3, 4]);
    await ground.source.drop("notes_copy");
    ended(await ground.run(["run"], env));
    await insert(8);
    ended(await once());
    ended(await ground.run(["restore", "--at", "now", "--into", "notes_copy"], admin));
    expect(await notes("notes_copy")).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    await ground.source.drop("notes_copy");
  });
});

/** Rows of the last seconds before a server dies may be lost; those before them may not. */
describeWith([docker], "a server that is gone", () => {
  const INTERVAL_MS = 5000;
  /** Beside the interval: to fetch and to store. */
  const WORK_MS = 2000;

  it("costs what was written within the interval, and can be rebuilt elsewhere", async () => {
    const ground = await Ground.make();
    const started = await startServer(["--server-id=9", "--log-bin=binlog"]);
    const { facts, kill } = started;
    const server = new Server(facts);
    await server.query("CREATE DATABASE diary");
    await server.query(Diary.schema, [], "diary");
    const env = ground.env("diary", {
      MYSQL_HOST: facts.host,
      MYSQL_PORT: String(facts.port),
      MYSQL_USER: "root",
      MYSQL_PASSWORD: facts.rootPassword,
      BACKUP_BINLOG_INTERVAL: String(INTERVAL_MS),
    });
    const archiver = ground.start(["binlog"], env);
    const diary = new Diary(server, "diary");
    diary.begin();
    ended(await ground.run(["run"], env));
    await sleep(3 * INTERVAL_MS + Math.random() * INTERVAL_MS);
    const killed = new Date();
    await Promise.allSettled([kill(), diary.end()]);
    await archiver.kill("SIGKILL");
    await archiver.ended;
    ended(
      await ground.run(["restore", "--at", "now", "--from", "blog", "--into", "diary_saved"], {
        ...env,
        ...elsewhere(ground),
      }),
    );
    const saved = await entriesIn(ground.source, "diary_saved");
    const lost = killed.getTime() - (diary.commits[saved - 1]?.acknowledged ?? 0);
    expect(lost).toBeLessThan(INTERVAL_MS + WORK_MS);
    expect(saved).toBeGreaterThanOrEqual(diary.at(new Date(killed.getTime() - INTERVAL_MS - WORK_MS)).least);
    expect(saved).toBeGreaterThan(500);
    await ground.source.drop("diary_saved");
  });
});

const elsewhere = ({ source, admin }: Ground): Record<string, string> => ({
  ...admin,
  MYSQL_HOST: source.address.host,
  MYSQL_PORT: String(source.address.port),
});
