import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { BucketView, type StoreAccess } from "./bucket-view.ts";
import { buildAdapter, type BuiltAdapter } from "./built-adapter.ts";
import { images } from "./contract/images.ts";
import { large } from "./contract/large.ts";
import { names } from "./contract/names.ts";
import { ranges } from "./contract/ranges.ts";
import { raw } from "./contract/raw.ts";
import { saving } from "./contract/saving.ts";
import { serving } from "./contract/serving.ts";
import { Tenant } from "./contract/tenant.ts";

/** A store to run the contract against. */
export interface StoreFixture {
  /** Whether it refuses `If-None-Match: *` on a taken key. */
  conditionalWrites: boolean;
  start(): Promise<{ access: StoreAccess; bucket: string; stop(): Promise<void> }>;
}

/** Everything that Ghost and the readers of a blog rely on. Every store must pass all of it. */
export function contract({ conditionalWrites, start }: StoreFixture): void {
  let store: Awaited<ReturnType<typeof start>>;
  let bucket: BucketView;
  let adapter: BuiltAdapter;
  let folder: string;

  beforeAll(async () => {
    [store, adapter, folder] = await Promise.all([start(), buildAdapter(), mkdtemp(join(tmpdir(), "contract-"))]);
    bucket = new BucketView(store.access, store.bucket);
  });

  afterAll(async () => {
    bucket.close();
    await Promise.all([store.stop(), adapter.remove(), rm(folder, { recursive: true })]);
  });

  const tenant = (): Tenant => new Tenant({ adapter, bucket, conditionalWrites, folder });
  for (const chapter of [saving, large, names, raw, images, serving, ranges]) chapter(tenant);
}
