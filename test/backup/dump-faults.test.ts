import { afterEach, beforeAll, expect, it } from "vitest";
import { describeWith, docker } from "../needs.ts";
import { fill } from "./filler.ts";
import { ended, Ground } from "./ground.ts";
import { programOnPath } from "./program-on-path.ts";

const REAL = "/usr/bin/mysqldump";

/** It says its version, as it is asked to before the dump; then it does what the script does. */
const afterVersion = (script: string): string => `[ "$1" = --version ] && exec ${REAL} --version\n${script}`;

const claiming = (version: string): string => `[ "$1" = --version ] && echo "${version}" && exit\nexec ${REAL} "$@"`;

describeWith([docker], "a run whose mysqldump fails", () => {
  let ground: Ground;
  let good: string[];
  let bytes: number;

  beforeAll(async () => {
    ground = await Ground.make();
    await ground.database("blog", "CREATE TABLE posts (id INT PRIMARY KEY); INSERT INTO posts VALUES (1), (2)");
    await fill(ground.source, "blog", 24);
    ended(await ground.run(["run"], ground.env("blog")));
    good = await ground.backups();
    bytes = (await ground.manifest(good[0] ?? "")).dump.bytes;
  });

  /** The last good backup is all there is, and it can be proven. */
  async function nothingNew(): Promise<void> {
    expect(await ground.backups()).toEqual(good);
    expect((await ground.bucket.keys()).filter((key) => key.includes("dump"))).toHaveLength(1);
    expect(await ground.bucket.uploads()).toEqual([]);
    expect(await ground.scratch.databases()).not.toContain("blog");
    ended(await ground.run(["verify", "latest"], ground.env("blog")));
  }

  afterEach(nothingNew);

  const runWith = async (script: string) =>
    ground.run(["run"], ground.env("blog", await programOnPath(ground.toolbox, "mysqldump", script)));

  it.each([10, 50, 90])("because it was killed after %i per cent", async (percent) => {
    const passed = Math.floor((bytes * percent) / 100);
    const run = await runWith(afterVersion(`${REAL} "$@" 2>/dev/null | head -c ${passed}; kill -9 $$`));
    ended(run, 1);
    expect(run.stderr).toMatch(/mysqldump of \\"blog\\".*SIGKILL/);
  });

  it("because it ended early and said that all is well", async () => {
    const run = await runWith(afterVersion(`${REAL} "$@" 2>/dev/null | head -c ${bytes - 40}; exit 0`));
    ended(run, 1);
    expect(run.stderr).toContain("earlier ones are untouched");
  });

  it("because it is older than the server", async () => {
    const run = await runWith(claiming("mysqldump  Ver 8.4.11 for Linux on x86_64 (MySQL Community Server - GPL)"));
    ended(run, 69);
    expect(run.stderr).toMatch(/mysqldump is \\"8\.4\.11 for Linux.*and the server 9\.7\./);
  });

  it("because it does not run", async () => {
    const run = await runWith("exit 3");
    ended(run, 69);
    expect(run.stderr).toContain("There is no program mysqldump that runs");
  });
});
