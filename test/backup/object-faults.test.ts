import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, it } from "vitest";
import { describeWith, docker } from "../needs.ts";
import { ended, Ground } from "./ground.ts";

const flipped = (whole: Buffer): Buffer => {
  const bytes = Buffer.from(whole);
  bytes[whole.length >> 1] = (bytes[whole.length >> 1] ?? 0) ^ 1;
  return bytes;
};

describeWith([docker], "a dump that changes between its upload and its proof", () => {
  let ground: Ground;
  let good: string[];

  beforeAll(async () => {
    ground = await Ground.make();
    await ground.database("fragile", "CREATE TABLE posts (id INT PRIMARY KEY); INSERT INTO posts VALUES (1), (2)");
    ended(await ground.run(["run"], ground.env("fragile")));
    good = await ground.backups();
  });

  const dumps = async (): Promise<string[]> => (await ground.bucket.keys()).filter((key) => key.includes("dump"));

  async function newDump(before: readonly string[]): Promise<string> {
    for (const deadline = Date.now() + 60_000; ; await sleep(20)) {
      const key = (await dumps()).find((one) => !before.includes(one));
      if (key) return key;
      if (Date.now() > deadline) throw new Error("Nothing was uploaded.");
    }
  }

  it.each([
    ["one byte flipped", (whole: Buffer) => flipped(whole), /SHA-256|is not what was stored/],
    ["its last byte gone", (whole: Buffer) => whole.subarray(0, -1), /has \d+ bytes instead of \d+/],
    ["all bytes of another dump", (whole: Buffer) => Buffer.alloc(whole.length), /is not what was stored/],
  ] as const)("is no backup with %s", async (_title, change, reason) => {
    const before = await dumps();
    // the run waits before its proof for as long as the scratch server takes no new database
    const locked = await ground.scratch.connect();
    await locked.query("FLUSH TABLES WITH READ LOCK");
    const run = ground.start(["run"], ground.env("fragile"));
    const key = await newDump(before);
    await ground.bucket.put(key, change(await ground.bucket.bytes(key)));
    await locked.query("UNLOCK TABLES");
    locked.destroy();
    const finished = await run.ended;
    ended(finished, 65);
    expect(finished.stderr).toMatch(reason);
    expect(finished.stderr).toContain("earlier ones are untouched");
    expect(await dumps()).toEqual(before);
    expect(await ground.backups()).toEqual(good);
    ended(await ground.run(["verify", "latest"], ground.env("fragile")));
  });
});
