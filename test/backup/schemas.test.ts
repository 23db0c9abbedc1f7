import { beforeAll, expect, it } from "vitest";
import { describeWith, docker } from "../needs.ts";
import { ended, Ground } from "./ground.ts";
import { randomDatabase } from "./random-schema.ts";
import { wholeView } from "./whole-view.ts";

/** Another number tries other schemas: `SEED=… npm run test:backup -- schemas`. */
const FIRST_SEED = Number(process.env["SEED"] ?? 1);
const SEEDS = Array.from({ length: Number(process.env["SEEDS"] ?? 12) }, (_, index) => FIRST_SEED + index);

describeWith([docker], "any database", () => {
  let ground: Ground;

  beforeAll(async () => {
    ground = await Ground.make();
  });

  it.each(SEEDS)("is the same after backup and restore: seed %i", async (seed) => {
    const { name, statements } = randomDatabase(seed);
    await ground.database(name);
    const connection = await ground.source.connect(name);
    try {
      for (const statement of statements) await connection.query(statement);
    } finally {
      connection.destroy();
    }
    const before = await wholeView(ground.source, name);
    // every other seed takes all indexes apart and puts them together again
    const how = { BACKUP_DEFER_INDEXES_FROM: seed % 2 === 0 ? "0" : "1000000" };
    ended(await ground.run(["run"], ground.env(name, how)));
    expect(await wholeView(ground.source, name)).toEqual(before);
    await ground.source.drop(name);
    const env = ground.env("*", { ...ground.admin, ...how });
    ended(await ground.run(["restore", "latest", "--database", name, "--create-definers"], env));
    expect(await wholeView(ground.source, name)).toEqual(before);
    await ground.source.drop(name);
  });
});
