import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { describeWith, docker } from "../needs.ts";
import { startProxy, type Proxy } from "../network/proxy.ts";
import type { TransportFault } from "../network/transport-fault.ts";
import { BucketView } from "./bucket-view.ts";
import { buildAdapter, type BuiltAdapter, type Storage } from "./built-adapter.ts";
import { Tenant } from "./contract/tenant.ts";
import { startMinio, type Minio } from "./minio.ts";
import { startUnanswering } from "./unanswering.ts";

const MiB = 1024 * 1024;

/** Longer than this no author waits for an error. */
const PATIENCE_MS = 30_000;

/** What Ghost asks of the store while it stalls. */
type Work = (storage: Storage, blog: Tenant) => Promise<unknown>;

const saves =
  (size: number): Work =>
  async (storage, blog) =>
    storage.save(await blog.file("video.mp4", randomBytes(size)), "2026/11");

const CASES: [string, TransportFault, Work][] = [
  ["before anything", { kind: "stall" }, saves(1000)],
  ["in the middle of a small upload", { kind: "stall", afterBytes: MiB }, saves(4 * MiB)],
  ["in the middle of the parts of a large one", { kind: "stall", afterBytes: 3 * MiB }, saves(40 * MiB)],
  ["when everything was sent", { kind: "swallow", afterBytes: 100 }, saves(1000)],
  ["when a large upload begins", { kind: "swallow" }, saves(40 * MiB)],
  [
    "in the middle of a read",
    { kind: "stall", direction: "download", afterBytes: 2000 },
    (storage) => storage.read({ path: "there.mp4" }),
  ],
  ["when a file is asked for", { kind: "stall" }, (storage) => storage.exists("there.mp4")],
  ["when a size is asked for", { kind: "stall" }, (storage) => storage.exists("/size/w600/there.jpg")],
  ["when a file is deleted", { kind: "stall" }, (storage) => storage.delete("there.mp4")],
  ["when a size is stored", { kind: "stall" }, (storage) => storage.saveRaw(Buffer.from("x"), "/size/w600/a.txt")],
];

/** The error that Ghost gets, in time. */
async function outcome(work: Promise<unknown>): Promise<unknown> {
  const begun = performance.now();
  const error = await work.then(
    (value) => new Error(`there was none: ${String(value)}`),
    (reason: unknown) => reason,
  );
  expect(performance.now() - begun).toBeLessThan(PATIENCE_MS);
  return error;
}

// at the same time: each waits for its deadline
describeWith([docker], "a store that falls silent", () => {
  let minio: Minio;
  let bucket: BucketView;
  let adapter: BuiltAdapter;
  let folder: string;

  beforeAll(async () => {
    [minio, adapter, folder] = await Promise.all([startMinio(), buildAdapter(), mkdtemp(join(tmpdir(), "stalls-"))]);
    bucket = new BucketView(minio, "stalls");
    await bucket.create();
  });

  afterAll(async () => {
    bucket.close();
    await Promise.all([minio.stop(), adapter.remove(), rm(folder, { recursive: true })]);
  });

  const CLEAR = {
    code: "S3_TIMEOUT",
    message: expect.stringMatching(/did not answer in time\. .+\.$/),
    help: expect.stringContaining("idleTimeoutMs"),
  };

  test.concurrent.each(CASES)("%s is an error within 30 s, and nothing stays", async (_when, fault, work) => {
    const blog = new Tenant({ adapter, bucket, conditionalWrites: true, folder });
    await blog.put("content/media/there.mp4", Buffer.alloc(4 * MiB));
    const proxy: Proxy = await startProxy({ target: minio.endpoint });
    proxy.set(fault);
    const storage = blog.storage("media", { endpoint: proxy.url, conditionalWrites: true });
    const error = await outcome(work(storage, blog));
    expect(error).toMatchObject(CLEAR);
    expect(`${(error as Error).stack}`).not.toContain(minio.secretAccessKey);
    // the clean-up goes on when the store is back
    proxy.set(undefined);
    await vi.waitUntil(async () => (await blog.uploads()).length === 0, { interval: 100, timeout: 20_000 });
    expect(await blog.keys()).toEqual(["content/media/there.mp4"]);
    await proxy.close();
  });

  test.concurrent("that cannot even be connected to is one as well", async () => {
    const host = await startUnanswering();
    const blog = new Tenant({ adapter, bucket, conditionalWrites: true, folder });
    const storage = blog.storage("media", { endpoint: host.url, conditionalWrites: true });
    const [saved, asked] = await Promise.all([outcome(saves(1000)(storage, blog)), outcome(storage.exists("a.txt"))]);
    for (const error of [saved, asked]) expect(error).toMatchObject(CLEAR);
    await host.close();
  });
});
