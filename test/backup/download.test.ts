import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { describeWith, docker } from "../needs.ts";
import { startProxy, type Proxy } from "../network/proxy.ts";
import { fill } from "./filler.ts";
import { ended, Ground } from "./ground.ts";

/** With what was on its way when a connection was cut, a few megabytes; from its beginning it would be 1.9 times. */
const OVERHEAD = 1.5;

describeWith([docker], "the download of a dump", () => {
  let ground: Ground;
  let key: string;
  let size: number;
  let proxy: Proxy;

  beforeAll(async () => {
    ground = await Ground.make();
    await ground.database("big", "CREATE TABLE posts (id INT PRIMARY KEY); INSERT INTO posts VALUES (1)");
    await fill(ground.source, "big", 24);
    ended(await ground.run(["run"], ground.env("big")));
    const [name = ""] = await ground.backups();
    ({ key, size } = (await ground.manifest(name)).object);
  });

  beforeEach(async () => {
    proxy = await startProxy({ target: ground.store.endpoint });
  });

  afterEach(async () => proxy.close());

  const through = (): Record<string, string> => ground.env("big", { AWS_ENDPOINT_URL_S3: proxy.url });

  it.each(["reset", "stall"] as const)("goes on at nine tenths after a %s, and begins nothing anew", async (kind) => {
    proxy.set({ kind, direction: "download", afterBytes: Math.floor(size * 0.9), times: 1 });
    ended(await ground.run(["verify", "latest"], through()));
    expect(proxy.stats().struck).toBe(1);
    expect(proxy.stats().downloaded).toBeLessThan(size * OVERHEAD);
  });

  it("ends when another object lies there by then", async () => {
    const whole = await ground.bucket.bytes(key);
    proxy.set({ kind: "stall", direction: "download", afterBytes: Math.floor(size * 0.9), times: 1 });
    const run = ground.start(["verify", "latest"], { ...through(), BACKUP_BUCKET_TIMEOUT: "5000" });
    for (const deadline = Date.now() + 60_000; proxy.stats().struck === 0; await sleep(20)) {
      if (Date.now() > deadline) throw new Error("Nothing is downloaded.");
    }
    // as long as the other one, and not the same
    await ground.bucket.put(key, Buffer.from(whole).fill(0, 0, 16));
    const finished = await run.ended;
    await ground.bucket.put(key, whole);
    ended(finished, 65);
    expect(finished.stderr).toContain("was replaced while it was read");
  });
});
