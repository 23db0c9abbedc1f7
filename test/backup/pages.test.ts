import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWith, docker } from "../needs.ts";
import { ended, Ground } from "./ground.ts";
import { naming, shownOn, type Shown } from "./page.ts";
import type { Finished } from "./toolbox.ts";

const SCHEMA = "CREATE TABLE posts (id INT PRIMARY KEY); INSERT INTO posts VALUES (1), (2)";

const NIGHT = await shownOn("the-night.md");
/** What lies in an archive is tried where there is one. */
const DAY = (await shownOn("the-worst-day.md")).filter(({ heading }) => heading !== "From an archive");

const restoredBeside = ({ script }: Shown): string[] =>
  [...script.matchAll(/--into (\w+)/g)].map(([, database = ""]) => database);

const COPIES = [...NIGHT, ...DAY].flatMap(restoredBeside);

describeWith([docker], "the pages of the backups", () => {
  let ground: Ground;
  let env: Record<string, string>;
  let name: string;

  beforeAll(async () => {
    ground = await Ground.make();
    await ground.database("ghost", SCHEMA);
    env = ground.env("ghost", ground.admin);
    ended(await ground.run(["run"], env));
    [name = ""] = await ground.backups();
  });

  afterAll(async () => {
    for (const copy of COPIES) await ground.source.drop(copy);
  });

  const follow = ({ script }: Shown): Promise<Finished> => ground.sh(naming(script, name), env);

  const posts = async (database: string): Promise<unknown> => ground.source.query("SELECT id FROM posts", [], database);

  it("show commands", () => {
    expect([NIGHT.length, DAY.length]).toEqual([5, 6]);
  });

  it.each(NIGHT)("say of the night: $heading", async (shown) => {
    const run = await follow(shown);
    // MinIO has neither tiers nor a public access block, and this bucket was not set up
    ended(run, shown.script.includes("bucket --dry-run") ? 1 : 0);
    expect(run.stdout).toMatch(/blog\/ghost\/\d{8}T\d{6}Z|lifecycle/);
    for (const database of restoredBeside(shown)) expect(await posts(database)).toHaveLength(2);
  });

  it.each(DAY)("say of the worst day: $heading", async (shown) => {
    if (shown.heading === "2. Restore") await ground.source.drop("ghost");
    const run = await follow(shown);
    ended(run);
    expect(run.stdout).toMatch(/blog\/ghost\/\d{8}T\d{6}Z/);
    for (const database of ["ghost", ...restoredBeside(shown)]) expect(await posts(database)).toHaveLength(2);
  });
});
