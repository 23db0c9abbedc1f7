import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBucket } from "@stateless-ghost/local";
import { describe } from "vitest";
import { describeWith, docker } from "../needs.ts";
import { BucketView } from "./bucket-view.ts";
import { contract, type StoreFixture } from "./contract.ts";
import { startMinio } from "./minio.ts";

const minio: StoreFixture = {
  conditionalWrites: true,
  async start() {
    const access = await startMinio();
    const bucket = new BucketView(access, "contract");
    await bucket.create();
    bucket.close();
    return { access, bucket: "contract", stop: access.stop };
  },
};

const embedded = (conditionalWrites: boolean): StoreFixture => ({
  conditionalWrites,
  async start() {
    const directory = await mkdtemp(join(tmpdir(), "bucket-"));
    const { name, close, ...access } = await startBucket({ directory, conditionalWrites });
    return {
      access,
      bucket: name,
      async stop() {
        await close();
        await rm(directory, { recursive: true });
      },
    };
  },
});

describeWith([docker], "on MinIO", () => {
  contract(minio);
});
describe("on the embedded server", () => {
  contract(embedded(true));
});
describe("on a server without conditional writes", () => {
  contract(embedded(false));
});
