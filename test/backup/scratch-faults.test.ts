import { beforeAll, expect, it } from "vitest";
import { describeWith, docker } from "../needs.ts";
import { fill } from "./filler.ts";
import { ended, Ground } from "./ground.ts";

/** More than what the small disk has left when a server was made on it. */
const FILLER_MIB = 128;

describeWith([docker], "a scratch disk that is full", () => {
  let ground: Ground;
  let good: string[];

  beforeAll(async () => {
    ground = await Ground.make();
    await ground.database("large", "CREATE TABLE posts (id INT PRIMARY KEY); INSERT INTO posts VALUES (1), (2)");
    await fill(ground.source, "large", FILLER_MIB);
    ended(await ground.run(["run"], ground.env("large")));
    good = await ground.backups();
  });

  it.each([
    ["before its server is made", "/tiny", /scratch server could not be started.*its data could not be made/],
    ["while the dump is loaded", "/small", /The disk of the server is full.*filler/],
  ])("%s costs the new backup and no other", async (_title, directory, reason) => {
    const env = ground.env("large", { ...Ground.ownScratch, BACKUP_SCRATCH_DIRECTORY: directory });
    const run = await ground.run(["run"], env);
    expect(run.exitCode, run.stderr).not.toBe(0);
    expect(run.stderr).toMatch(reason);
    expect(run.stderr).toContain("earlier ones are untouched");
    expect(await ground.backups()).toEqual(good);
    expect((await ground.bucket.keys()).filter((key) => key.includes("dump"))).toHaveLength(1);
    expect(await ground.toolbox.shell(`ls ${directory}`)).toBe("");
    ended(await ground.run(["verify", "latest"], ground.env("large")));
  });
});
