import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { tryLock, withLock } from "../src/lock.ts";

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "lock-"));
});

afterAll(() => rm(directory, { recursive: true }));

it("lets one work at a time, and leaves nothing behind", async () => {
  let inside = 0;
  let most = 0;
  const work = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await sleep(20);
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 4 }, () => withLock(join(directory, "one"), work)));
  expect(most).toBe(1);
  expect(await readdir(directory)).toEqual([]);
});

it("is void when its process is gone, and names the one that is not", async () => {
  const path = join(directory, "dead");
  const { pid } = spawnSync(process.execPath, ["--version"]);
  await writeFile(path, String(pid));
  const lock = await tryLock(path);
  expect(lock).toHaveProperty("release");
  expect(await tryLock(path)).toEqual({ heldBy: process.pid });
});

it("ends the wait when asked", async () => {
  const path = join(directory, "waiting");
  await tryLock(path);
  const wait = withLock(path, async () => {}, { signal: AbortSignal.timeout(50) });
  await expect(wait).rejects.toThrow("aborted");
});
