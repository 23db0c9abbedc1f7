import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AdminApi,
  ghostPaths,
  installGhost,
  startBucket,
  startEdge,
  startGhost,
  storageConfig,
  type Edge,
} from "@stateless-ghost/local";
import { startHttpProxy, type HttpProxy } from "../network/http-proxy.ts";
import { BucketView } from "./bucket-view.ts";
import { buildAdapter } from "./built-adapter.ts";

export const ACCOUNT = { name: "Anna", email: "anna@example.com", password: "a long p4ssw0rd!", blogTitle: "A blog" };

export interface StartedBlogOptions {
  /** Whether the CDN asks Ghost for what the bucket does not have. */
  secondOrigin: boolean;
  /** Options of the adapter. */
  storage?: object;
}

/** A real Ghost with its owner, a bucket behind a proxy that counts, and a CDN edge. */
export interface StartedBlog {
  url: string;
  api: AdminApi;
  edge: Edge;
  bucket: BucketView;
  /** Between Ghost and the bucket. */
  store: HttpProxy;
  /** What Ghost has logged so far. */
  log(): Promise<string>;
  stop(): Promise<void>;
}

export async function startBlog({ secondOrigin, storage = {} }: StartedBlogOptions): Promise<StartedBlog> {
  const directory = await mkdtemp(join(tmpdir(), "blog-"));
  const [installation, adapter, bucket, port] = await Promise.all([
    installGhost(),
    buildAdapter(),
    startBucket({ directory: join(directory, "bucket"), conditionalWrites: true }),
    freePort(),
  ]);
  const store = await startHttpProxy({ target: bucket.endpoint });
  const edge = await startEdge({
    bucket,
    ...(secondOrigin && {
      secondOrigin: `http://127.0.0.1:${port}`,
      originHeaders: { "x-origin-verify": randomUUID() },
    }),
  });
  const ghost = await startGhost({
    installation,
    directory: join(directory, "ghost"),
    port,
    // not localhost: Ghost makes no bookmark of a host without a dot
    url: `http://127.0.0.1:${port}`,
    cdnUrl: edge.url,
    storage: storageConfig("stateless-ghost", { ...bucket, endpoint: store.url }, edge.url, storage),
    adapter: adapter.folder,
  });
  const api = new AdminApi(ghost.url);
  await api.setUp(ACCOUNT);
  const view = new BucketView(bucket, bucket.name);
  return {
    url: ghost.url,
    api,
    edge,
    bucket: view,
    store,
    log: () => readFile(ghostPaths(ghost.directory).log, "utf8"),
    async stop() {
      await ghost.stop();
      view.close();
      await edge.close();
      await store.close();
      await bucket.close();
      await adapter.remove();
      await rm(directory, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
