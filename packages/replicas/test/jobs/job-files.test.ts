import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Bucket } from "../../src/content/bucket.ts";
import type { Ghost } from "../../src/ghost/ghost.ts";
import { JobFiles } from "../../src/jobs/job-files.ts";

/** A bucket in memory. */
class Objects {
  readonly keys = new Map<string, Uint8Array>();
  readonly bucket = {
    put: async (key: string, body: Uint8Array) => void this.keys.set(key, body),
    get: async (key: string) => this.keys.get(key),
    delete: async (key: string) => void this.keys.delete(key),
  } as unknown as Bucket;
}

/** A Ghost whose folder for imports is this; none, as before 6.65. */
function ghostWith(storagePath?: string): Ghost {
  return {
    config: { get: (key: string) => (key === "storage:imports" ? storagePath && {} : undefined) },
    use: () => ({ default: { getAdapter: () => ({ storagePath }) } }),
  } as unknown as Ghost;
}

describe("files of jobs", () => {
  let folder: string;
  let objects: Objects;
  let taker: JobFiles;
  let other: JobFiles;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "job-files-"));
    await mkdir(join(folder, "taker"));
    objects = new Objects();
    taker = new JobFiles(objects.bucket, ghostWith(join(folder, "taker")));
    other = new JobFiles(objects.bucket, ghostWith(join(folder, "other")));
  });

  afterEach(() => rm(folder, { recursive: true }));

  test("go with a members import to where another replica's Ghost reads it, and leave with the job", async () => {
    const job = { type: "members-import", payload: JSON.stringify({ spoolKey: "rows.json" }) };
    await writeFile(join(folder, "taker/rows.json"), "[1]");
    await taker.store(job);
    expect([...objects.keys.keys()]).toEqual(["imports/rows.json"]);
    expect(await other.fetch(job)).toBe(job.payload);
    expect(await readFile(join(folder, "other/rows.json"), "utf8")).toBe("[1]");
    expect((await stat(join(folder, "other/rows.json"))).mode & 0o777).toBe(0o600);
    await other.remove(job);
    expect(objects.keys.size).toBe(0);
  });

  test("go with a content import, whose payload then names the new path", async () => {
    const path = join(folder, "taker/content-csv-import-1");
    const job = {
      type: "content-csv-import",
      payload: JSON.stringify({ importId: "i", file: { path, name: "a.csv" } }),
    };
    await writeFile(path, "title");
    await taker.store(job);
    expect(await taker.fetch(job)).toBe(job.payload);
    await rm(path);
    const moved = JSON.parse(await other.fetch(job)) as object;
    const target = join(folder, "other/content-csv-import-1");
    expect(moved).toEqual({ importId: "i", file: { path: target, name: "a.csv" } });
    expect(await readFile(target, "utf8")).toBe("title");
  });

  test("lie in the folder for temporary files where Ghost has no other", async () => {
    const name = `job-files-${process.pid}.json`;
    const job = { type: "members-import", payload: JSON.stringify({ spoolKey: name }) };
    objects.keys.set(`imports/${name}`, Buffer.from("[]"));
    await new JobFiles(objects.bucket, ghostWith()).fetch(job);
    expect(await readFile(join(tmpdir(), name), "utf8")).toBe("[]");
    await rm(join(tmpdir(), name));
  });

  test("are none of the other jobs', and one that is nowhere is left to Ghost's own error", async () => {
    const plain = { type: "clean-tokens", payload: "{}" };
    await taker.store(plain);
    expect(await taker.fetch(plain)).toBe("{}");
    await taker.remove(plain);
    const missing = { type: "members-import", payload: JSON.stringify({ spoolKey: "missing.json" }) };
    await taker.store(missing);
    expect(await other.fetch(missing)).toBe(missing.payload);
    expect(objects.keys.size).toBe(0);
  });

  test("cannot leave the folder by their name", async () => {
    const job = { type: "members-import", payload: JSON.stringify({ spoolKey: "../../escaped.json" }) };
    objects.keys.set("imports/escaped.json", Buffer.from("[]"));
    await other.fetch(job);
    expect(await readFile(join(folder, "other/escaped.json"), "utf8")).toBe("[]");
  });
});
