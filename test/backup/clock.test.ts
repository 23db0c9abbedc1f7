import { beforeAll, expect, it } from "vitest";
import { describeWith, docker } from "../needs.ts";
import { ended, Ground } from "./ground.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const MINUTE_MS = 60_000;

/** A module that moves the program's clock, and nobody else's. */
const clockOff = (ms: number): string =>
  `data:text/javascript,const D=Date;globalThis.Date=class extends D{constructor(...a){a.length?super(...a):super(D.now()+(${ms}))}static now(){return D.now()+(${ms})}}`;

const stampOf = (name: string): number => {
  const [, year, month, day, hour, minute, second] =
    /(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(name)?.map(Number) ?? [];
  return Date.UTC(year ?? 0, (month ?? 0) - 1, day, hour, minute, second);
};

describeWith([docker], "a pod whose clock is a day off", () => {
  let ground: Ground;

  beforeAll(async () => {
    ground = await Ground.make();
    await ground.database("timely", "CREATE TABLE posts (id INT PRIMARY KEY); INSERT INTO posts VALUES (1), (2)");
    ended(await ground.run(["run"], ground.env("timely")));
  });

  it.each([
    ["ahead", DAY_MS],
    ["behind", -DAY_MS],
  ])("%s makes a backup of the right time, which is the latest", async (_title, ms) => {
    const before = await ground.backups();
    const off = { NODE_OPTIONS: `--import="${clockOff(ms)}"` };
    const run = await ground.run(["run"], ground.env("timely", off));
    ended(run);
    // its clock was off: its log says so
    const [first = "{}"] = run.stderr.split("\n");
    const logged = Date.parse((JSON.parse(first) as { time: string }).time);
    expect(Math.abs(logged - ms - Date.now())).toBeLessThan(2 * MINUTE_MS);
    const after = await ground.backups();
    expect(after).toHaveLength(before.length + 1);
    expect(after.slice(0, -1)).toEqual(before);
    const name = after.at(-1) ?? "";
    expect(Math.abs(stampOf(name) - Date.now())).toBeLessThan(2 * MINUTE_MS);
    const { snapshot, verified } = await ground.manifest(name);
    for (const time of [snapshot.time, verified.at]) {
      expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(2 * MINUTE_MS);
    }
    const restored = await ground.run(["restore", "latest", "--into", "timely2", "--json"], {
      ...ground.env("timely", { ...ground.admin, ...off }),
    });
    ended(restored);
    expect(JSON.parse(restored.stdout)).toMatchObject({ backup: name, rows: 2 });
    await ground.source.drop("timely2");
  });
});
