import { randomUUID } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { startBucket, type Bucket } from "./bucket.ts";
import { startEdge, type Edge } from "./edge.ts";
import { Failure } from "./failure.ts";
import { ghostPaths, storageConfig, type AdapterName } from "./ghost-config.ts";
import type { GhostInstallation } from "./ghost-install.ts";
import { startGhost, type Ghost } from "./ghost.ts";
import { tryLock } from "./lock.ts";
import { LOOPBACK, requireFreePort } from "./ports.ts";

export interface BlogOptions {
  installation: GhostInstallation;
  /** Folder of everything that survives a restart. */
  state: string;
  /** Folder of the built adapter package; not needed for Ghost's own adapter. */
  adapter?: string;
  adapterName?: AdapterName;
  /** 0 picks a free one, for each of the three. */
  ports: { blog: number; cdn: number; s3: number };
  /** `If-None-Match: *` on writes is obeyed by the bucket. */
  conditionalWrites?: boolean;
  /** More options of the adapter. */
  adapterOptions?: object;
  /** More of Ghost's settings. */
  ghostConfig?: object;
  signal?: AbortSignal | undefined;
}

/** A whole blog: a bucket, a CDN edge before it, and Ghost. */
export class Blog {
  readonly bucket: Bucket;
  readonly edge: Edge;
  ghost: Ghost;
  private readonly startAgain: () => Promise<Ghost>;
  private readonly end: () => Promise<void>;

  constructor(bucket: Bucket, edge: Edge, ghost: Ghost, startAgain: () => Promise<Ghost>, end: () => Promise<void>) {
    this.bucket = bucket;
    this.edge = edge;
    this.ghost = ghost;
    this.startAgain = startAgain;
    this.end = end;
  }

  get url(): string {
    return this.ghost.url;
  }

  async stopGhost(): Promise<void> {
    await this.ghost.stop();
  }

  async startGhost(): Promise<void> {
    this.ghost = await this.startAgain();
  }

  /** All that Ghost wrote below `content`, which a pod would lose; the database stays. */
  async emptyContent(): Promise<void> {
    const { content } = ghostPaths(this.ghost.directory);
    for (const entry of await readdir(content)) await rm(join(content, entry), { recursive: true, force: true });
  }

  async stop(): Promise<void> {
    await this.ghost.stop();
    await this.end();
  }
}

/** Starts the parts in the order in which they need each other; what was started ends if a later one fails. */
export async function startBlog(options: BlogOptions): Promise<Blog> {
  const { state, ports, installation, adapterName = "stateless-ghost", signal } = options;
  await mkdir(state, { recursive: true });
  const endings: (() => Promise<void>)[] = [];
  const end = async () => {
    for (const ending of endings.splice(0).toReversed()) await ending();
  };
  try {
    endings.push(await claim(state));
    const port = await requireFreePort({ port: ports.blog, purpose: "blog", option: "--port" });
    const bucket = await startBucket({
      directory: join(state, "bucket"),
      port: ports.s3,
      conditionalWrites: options.conditionalWrites ?? true,
    });
    endings.push(bucket.close);
    const edge = await startEdge({
      bucket,
      port: ports.cdn,
      secondOrigin: `http://${LOOPBACK}:${port}`,
      originHeaders: { "x-origin-verify": randomUUID() },
    });
    endings.push(edge.close);
    const start = () =>
      startGhost({
        installation,
        directory: join(state, "ghost"),
        port,
        cdnUrl: edge.url,
        storage: storageConfig(adapterName, bucket, edge.url, options.adapterOptions),
        adapter: options.adapter,
        config: options.ghostConfig ?? {},
        signal,
      });
    return new Blog(bucket, edge, await start(), start, end);
  } catch (error) {
    await end();
    throw error;
  }
}

/** Two Ghosts on one SQLite file would spoil it. */
async function claim(state: string): Promise<() => Promise<void>> {
  const lock = await tryLock(join(state, "lock"));
  if ("release" in lock) return lock.release;
  throw new Failure(`The state in ${state} is in use by process ${lock.heldBy}.`, {
    effect: "Nothing was started, and nothing was changed.",
    next: "Stop that one, or use another folder: npm start -- --state DIR",
  });
}
