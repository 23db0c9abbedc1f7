import { join } from "node:path";
import type { GhostVersion } from "@stateless-ghost/local";
import type { Bucket, Minio } from "../../commands/bucket.ts";
import { eventually } from "../eventually.ts";
import type { Sinks } from "../sinks/sinks.ts";
import type { Balancer } from "./balancer.ts";
import { configOf, merge, type Mode } from "./config.ts";
import { makeFolder, replicaPaths } from "./folder.ts";
import { freePort } from "./free-port.ts";
import type { Database, Mysql } from "./mysql.ts";
import { certificateIn, programIn, startParts, type Parts } from "./parts.ts";
import { Replica } from "./replica.ts";
import { SiteApi } from "./site-api.ts";

export const ACCOUNT = { name: "Anna", email: "anna@example.com", password: "a long p4ssw0rd!", blogTitle: "A blog" };

export interface ClusterOptions {
  mysql: Mysql;
  /** Stock Ghost does without. */
  minio?: Minio;
  /** Default 3. */
  replicas?: number;
  mode: Mode;
  ghostVersion?: GhostVersion;
  /** Ghost's settings, over those of the harness. */
  config?: object;
  /** The block `replicas`, over that of the harness. */
  replicaConfig?: object;
  /** More of the environment of a replica. */
  env?: (index: number) => Record<string, string>;
  /** Whether uploads lie in the bucket, by this project's adapter; default false: on each replica's own disk. */
  storage?: boolean;
  /** An empty database and all processes at once, none of them waited for, and no account. */
  fresh?: boolean;
  /** Whether the blog has its owner; default true. */
  account?: boolean;
}

/** Several processes of Ghost that are one blog: one database, one bucket, one URL. */
export class Cluster {
  readonly replicas: Replica[] = [];
  readonly balancer: Balancer;
  readonly sinks: Sinks;
  readonly database: Database;
  readonly #parts: Parts;
  readonly #options: ClusterOptions;
  #session: SiteApi | undefined;
  #made = 0;

  private constructor(options: ClusterOptions, parts: Parts) {
    this.#options = options;
    this.#parts = parts;
    this.balancer = parts.balancer;
    this.sinks = parts.sinks;
    this.database = parts.database;
  }

  static async start(options: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster(options, await startParts(options));
    try {
      const { replicas = 3, fresh = false, account = true } = options;
      for (let index = 0; index < replicas; index += 1) await cluster.#make();
      if (fresh) await Promise.all(cluster.replicas.map((replica) => replica.start()));
      else await cluster.#startInOrder(account);
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** Where visitors find the blog: the balancer. */
  get url(): string {
    return this.balancer.url;
  }

  get bucket(): Bucket {
    if (!this.#parts.bucket) throw new Error("The cluster was started without a MinIO.");
    return this.#parts.bucket;
  }

  replica(index: number): Replica {
    const replica = this.replicas[index];
    if (!replica) throw new Error(`There is no replica ${index}.`);
    return replica;
  }

  /** Another replica, with an empty content folder; not waited for. `ghost`: folder of another Ghost than the rest has. */
  async add({ ghost }: { ghost?: string } = {}): Promise<Replica> {
    const replica = await this.#make(ghost);
    await replica.start();
    return replica;
  }

  /** The Admin API with the owner's session: through the balancer, or through one replica. */
  async api(index?: number): Promise<SiteApi> {
    const address = index === undefined ? this.url : this.replica(index).url;
    if (!this.#session) {
      const session = new SiteApi(this.url, address);
      await session.logIn(ACCOUNT);
      this.#session = session;
    }
    return this.#session.at(address);
  }

  /** Makes the owner, through one replica. */
  async setUp(index = 0): Promise<void> {
    await new SiteApi(this.url, this.replica(index).url).setUp(ACCOUNT);
  }

  /** Until all that run are ready and the balancer knows it. */
  async ready(): Promise<void> {
    const running = this.replicas.filter((replica) => replica.running);
    await Promise.all(running.map((replica) => replica.ready()));
    const seen = () => running.every(({ port }) => this.balancer.ready().includes(port));
    await eventually("the balancer uses all that are ready", seen);
  }

  /** Ends everything, and leaves nothing behind. */
  async stop(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.kill()));
    await this.#parts.remove();
  }

  async #startInOrder(account: boolean): Promise<void> {
    const [first, ...others] = this.replicas;
    await first?.start();
    await first?.ready();
    // before the others boot: a stock Ghost would not hear of the title
    if (account) await this.setUp();
    for (const replica of others) await replica.start();
    await this.ready();
  }

  async #make(installation: string = this.#parts.installation): Promise<Replica> {
    const { mode, minio, config = {}, replicaConfig = {}, env = () => ({}) } = this.#options;
    const { folder, bucket, storage } = this.#parts;
    // taken at once: several may be made at the same time
    const index = this.#made;
    this.#made += 1;
    const directory = join(folder, `replica-${index}`);
    const [port, healthPort] = [await freePort(), await freePort()];
    const settings = configOf({
      mode,
      url: this.url,
      port,
      healthPort,
      content: replicaPaths(directory).content,
      database: this.database,
      sinks: this.sinks,
      replicaConfig,
      config: merge(storage, config),
      ...(bucket && minio && { bucket, store: minio }),
    });
    await makeFolder(directory, installation, settings);
    const replica = new Replica({
      index,
      site: this.url,
      directory,
      port,
      installation,
      env: { NODE_EXTRA_CA_CERTS: certificateIn(folder), ...env(index) },
      healthPort: mode === "replicas" ? healthPort : undefined,
      program: mode === "replicas" ? programIn(folder) : "current/index.js",
    });
    this.replicas[index] = replica;
    this.balancer.add(replica);
    return replica;
  }
}

export function startCluster(options: ClusterOptions): Promise<Cluster> {
  return Cluster.start(options);
}
