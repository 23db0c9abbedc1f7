import { startProxy } from "../../network/proxy.ts";
import type { UploadOutcome } from "../process/order.ts";
import { Worker } from "../process/worker.ts";
import type { Feature } from "../subject.ts";
import type { UploadFile } from "../upload-files.ts";
import type { Bench } from "./case.ts";

export interface Saving {
  feature: Feature;
  /** Round trip to the store in milliseconds; at 0 there is nothing between the adapter and the store. */
  rtt: number;
  files: UploadFile[];
  concurrency: number;
}

/** An adapter may store a little less than it was given: what it takes out of a picture is never this much. */
const LEAST_SHARE = 0.99;

/** Saves files in a fresh, warmed-up process at this distance from the store, and checks that they are there. */
export async function save(bench: Bench, saving: Saving, bytes: number): Promise<UploadOutcome> {
  const { subject, store, files } = bench;
  const { feature, rtt, concurrency } = saving;
  const proxy = rtt > 0 ? await startProxy({ target: store.endpoint, rtt }) : undefined;
  const access = { ...store, endpoint: proxy?.url ?? store.endpoint };
  const adapter = { module: subject.module(feature), options: subject.options(access, feature) };
  const order = { work: "upload", files: saving.files, concurrency, warmUp: files.tiny } as const;
  try {
    const worker = await Worker.start(adapter, order);
    try {
      const outcome = await worker.go();
      await assertStored(bench, saving.files.length, bytes);
      return outcome;
    } finally {
      await worker.stop();
    }
  } finally {
    await proxy?.close();
  }
}

async function assertStored({ store, files }: Bench, count: number, bytes: number): Promise<void> {
  const warmUp = files.tiny.name.split(".")[0]!;
  const objects = (await store.objects()).filter(({ key }) => !key.includes(warmUp));
  const stored = objects.reduce((sum, { size }) => sum + size, 0);
  if (objects.length >= count && stored >= bytes * LEAST_SHARE) return;
  throw new Error(
    `saved ${count} files of together ${bytes} bytes without an error, ` +
      `but the bucket holds ${objects.length} objects with ${stored} bytes`,
  );
}
