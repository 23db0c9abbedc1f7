import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import S3rver from "@20minutes/s3rver";
import { conditionalWrites } from "./bucket/conditional-writes.ts";
import { operations } from "./bucket/operations.ts";
import { bucketPaths, copySources, reads, refuse } from "./bucket/request.ts";
import { BucketStore } from "./bucket/store.ts";
import { closeServer, listen, LOOPBACK } from "./ports.ts";

/** The one key pair that s3rver accepts. */
const ACCESS_KEY = "S3RVER";

export interface BucketOptions {
  /** Folder that holds the objects as files. */
  directory: string;
  /** 0 picks a free one. */
  port?: number;
  /** Name of the bucket, made when it does not exist. */
  name?: string;
  /** `If-None-Match: *` on writes is obeyed, as S3 does; false for a store of the older kind. */
  conditionalWrites?: boolean;
}

export interface Bucket {
  name: string;
  endpoint: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  close(): Promise<void>;
}

/** An S3 server on this machine with one bucket in it. */
export async function startBucket(options: BucketOptions): Promise<Bucket> {
  const { directory, port = 0, name = "blog", conditionalWrites: conditional = true } = options;
  await mkdir(directory, { recursive: true });
  const store = new BucketStore(join(directory, "objects"));
  await store.open();
  const app = new S3rver({
    directory: store.rootDirectory,
    silent: true,
    vhostBuckets: false,
    configureBuckets: [{ name }],
  });
  app.store = app.context.store = store;
  const before = [refuse, reads(store), copySources(store)];
  if (conditional) before.push(conditionalWrites());
  app.middleware.unshift(...before);
  // behind what encodes their answers and takes the path apart, and before the router, which is the last
  app.middleware.splice(-1, 0, bucketPaths, operations(store));
  await app.configureBuckets();
  // not s3rver's own run(): there a taken port ends the process
  const server = createServer(app.callback());
  server.keepAliveTimeout = 60_000;
  const opened = await listen(server, { port, purpose: "S3 server", option: "--s3-port" });
  return {
    name,
    endpoint: `http://${LOOPBACK}:${opened}`,
    region: "us-east-1",
    accessKeyId: ACCESS_KEY,
    secretAccessKey: ACCESS_KEY,
    async close() {
      await closeServer(server);
      app.logger.close();
    },
  };
}
