import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { describeWith, docker } from "../needs.ts";
import { startHttpProxy } from "../network/http-proxy.ts";
import { startProxy, type Proxy } from "../network/proxy.ts";
import { fill } from "./filler.ts";
import { ended, Ground } from "./ground.ts";
import type { Finished, Started } from "./toolbox.ts";

const MiB = 1024 * 1024;
/** More than the program keeps of it: mysqldump is still at work while the first parts arrive. */
const FILLER_MIB = 48;

function failed(run: Finished, code: number, reason: RegExp): void {
  ended(run, code);
  const { stdout, stderr } = run;
  expect(stderr).toMatch(reason);
  expect(stderr).toMatch(/earlier (?:ones|backups) are untouched/);
  expect(stdout + stderr).not.toContain("SECRET");
}

/** The last good backup is all there is, and it can be proven. */
async function stillGood(ground: Ground, good: readonly string[]): Promise<void> {
  expect(await ground.backups()).toEqual(good);
  ended(await ground.run(["verify", "latest"], ground.env("ghost")));
}

describeWith([docker], "a run that fails", () => {
  let ground: Ground;
  let good: string[];
  /** A slow way to the bucket: the upload takes seconds, and its progress can be seen. */
  let slow: Proxy;
  /** Parts that a bucket which did not answer could not be asked to remove. */
  let parts: string[];

  beforeAll(async () => {
    ground = await Ground.make();
    await ground.database("ghost", "CREATE TABLE posts (id INT PRIMARY KEY); INSERT INTO posts VALUES (1), (2)");
    await fill(ground.source, "ghost", FILLER_MIB);
    ended(await ground.run(["run"], ground.env("ghost")));
    good = await ground.backups();
  });

  beforeEach(async () => {
    parts = await ground.bucket.uploads();
    slow = await startProxy({ target: ground.store.endpoint, rtt: 40, windowBytes: 256 * 1024 });
  });

  afterEach(async () => {
    await slow.close();
    await stillGood(ground, good);
  });

  const throughSlow = (): Record<string, string> => ground.env("ghost", { AWS_ENDPOINT_URL_S3: slow.url });

  async function uploaded(mebibytes: number): Promise<void> {
    for (const deadline = Date.now() + 60_000; slow.stats().uploaded < mebibytes * MiB; await sleep(20)) {
      if (Date.now() > deadline) throw new Error("Nothing is uploaded.");
    }
  }

  async function nothingLeft(): Promise<void> {
    expect((await ground.bucket.keys()).filter((key) => key.includes("dump"))).toHaveLength(good.length);
    expect(await ground.bucket.uploads()).toEqual(parts);
    expect(await ground.scratch.databases()).not.toContain("ghost");
  }

  it.each([1, 10, 20])("because mysqldump was killed after %i MiB", async (mebibytes) => {
    const run = ground.start(["run"], throughSlow());
    await uploaded(mebibytes);
    expect(await ground.toolbox.killAll("mysqldump")).toBe(1);
    failed(await run.ended, 1, /mysqldump of \\"ghost\\".*SIGKILL/);
    await nothingLeft();
  });

  it("because the connection to MySQL was cut", async () => {
    const run = ground.start(["run"], throughSlow());
    await uploaded(2);
    const [dumping] = await ground.source.query(
      "SELECT id AS id FROM information_schema.processlist WHERE user = ? AND info LIKE 'SELECT /*!40001%'",
      [ground.user],
    );
    await ground.source.query(`KILL ${dumping?.["id"]}`);
    failed(await run.ended, 1, /mysqldump of \\"ghost\\".*Lost connection/);
    await nothingLeft();
  });

  it("because MySQL fell silent", async () => {
    const run = ground.start(["run"], { ...throughSlow(), BACKUP_STALL_TIMEOUT: "2000" });
    await uploaded(2);
    await ground.toolbox.killAll("mysqldump", "STOP");
    failed(await run.ended, 69, /silent for 2 s/);
    await nothingLeft();
  });

  it("because the password is wrong", async () => {
    const run = await ground.run(["run"], ground.env("ghost", { MYSQL_PASSWORD: "wrong" }));
    ended(run, 77);
    expect(run.stderr).toContain("refused the account");
  });

  it.each(["TRIGGER", "SHOW VIEW", "EVENT"])("because the account lacks %s", async (right) => {
    await ground.source.query(`REVOKE ${right} ON ghost.* FROM ?@'%'`, [ground.user]);
    const run = await ground.run(["run"], ground.env("ghost"));
    await ground.allow("ghost");
    failed(run, 77, new RegExp(`lacks rights.*${right} ON`));
  });

  it("because the account does not see routines", async () => {
    await ground.source.query("REVOKE SHOW_ROUTINE ON *.* FROM ?@'%'", [ground.user]);
    const run = await ground.run(["run"], ground.env("ghost"));
    await ground.allow("ghost");
    failed(run, 77, /SHOW_ROUTINE/);
  });

  it.each(["stall", "swallow", "reset"] as const)("because the bucket does this in the middle: %s", async (kind) => {
    const run = ground.start(["run"], throughSlow());
    await uploaded(6);
    slow.set({ kind });
    failed(await run.ended, 69, /connection to the bucket broke or fell silent/);
    slow.set(undefined);
    expect((await ground.bucket.keys()).filter((key) => key.includes("dump"))).toHaveLength(good.length);
  });

  it.each([503, 403] as const)("because the bucket answers %i to parts", async (status) => {
    const proxy = await startHttpProxy({ target: ground.store.endpoint });
    try {
      proxy.set({ status, method: /PUT/, path: /partNumber=2/ });
      const run = await ground.run(["run"], ground.env("ghost", { AWS_ENDPOINT_URL_S3: proxy.url }));
      failed(run, status === 503 ? 69 : 77, status === 503 ? /overloaded or out of order/ : /refused UploadPart/);
      await nothingLeft();
    } finally {
      await proxy.close();
    }
  });

  it("because the bucket takes the dump and not the manifest", async () => {
    const proxy = await startHttpProxy({ target: ground.store.endpoint });
    try {
      proxy.set({ status: 403, method: /PUT/, path: /manifest/ });
      const run = await ground.run(["run"], ground.env("ghost", { AWS_ENDPOINT_URL_S3: proxy.url }));
      failed(run, 77, /refused PutObject/);
      await nothingLeft();
    } finally {
      await proxy.close();
    }
  });

  it("because it was asked to stop", async () => {
    const run = ground.start(["run"], throughSlow());
    await uploaded(4);
    await run.kill("SIGTERM");
    failed(await run.ended, 143, /asked to stop/);
    await nothingLeft();
  });

  it("because it was asked to stop while the dump was tried", async () => {
    const run = ground.start(["run"], ground.env("ghost"));
    for (const deadline = Date.now() + 60_000; !(await ground.scratch.databases()).includes("ghost");) {
      if (Date.now() > deadline) throw new Error("The dump is not tried.");
    }
    await run.kill("SIGTERM");
    failed(await run.ended, 143, /asked to stop/);
    await nothingLeft();
  });

  it("because it was killed, which leaves no lock", async () => {
    const run = ground.start(["run"], throughSlow());
    await uploaded(4);
    await run.kill("SIGKILL");
    ended(await run.ended, 137);
    await ground.toolbox.killAll("mysqldump");
  });

  it("because another one is busy, which goes on", async () => {
    const first: Started = ground.start(["run"], throughSlow());
    await uploaded(1);
    const second = await ground.run(["run"], ground.env("ghost"));
    ended(second, 75);
    expect(second.stderr).toContain("Another run is busy");
    ended(await first.ended);
    good = [...good, ...(await ground.backups()).filter((name) => !good.includes(name))];
    expect(good.length).toBe(2);
  });

  it("because a database is gone, and keeps the others from nothing", async () => {
    const apart = await Ground.make();
    await apart.database("other", "CREATE TABLE a (id INT PRIMARY KEY)");
    const run = await apart.run(["run"], apart.env("gone,other"));
    ended(run, 69);
    expect(run.stderr).toContain('No database is named \\"gone\\"');
    expect(await apart.backups()).toHaveLength(1);
  });
});
