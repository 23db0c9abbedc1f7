import { cp, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildReplicas, installGhost } from "@stateless-ghost/local";
import type { Bucket } from "../../commands/bucket.ts";
import { startSinks, type Sinks } from "../sinks/sinks.ts";
import { Balancer } from "./balancer.ts";
import type { ClusterOptions } from "./cluster.ts";
import type { Database } from "./mysql.ts";
import { reapFolder } from "./reaper.ts";
import { CERTIFICATE } from "./site-name.ts";
import { placeStorage, storageSettings } from "./storage.ts";

/** What the processes of a cluster share. */
export interface Parts {
  /** Holds a folder for each process; gone with the cluster. */
  folder: string;
  /** Folder of Ghost. */
  installation: string;
  balancer: Balancer;
  sinks: Sinks;
  database: Database;
  bucket: Bucket | undefined;
  /** Ghost's settings for uploads. */
  storage: object;
  remove(): Promise<void>;
}

/** Where this project's program lies in a cluster's folder. */
export function programIn(folder: string): string {
  return join(folder, "ghost-replica/cli.js");
}

/** Where the certificate of the site lies in a cluster's folder. */
export function certificateIn(folder: string): string {
  return join(folder, "certificate.pem");
}

export async function startParts(options: ClusterOptions): Promise<Parts> {
  const { mysql, minio, mode, storage, ghostVersion } = options;
  const { directory: installation } = await installGhost({ ...(ghostVersion && { version: ghostVersion }) });
  const dist = mode === "replicas" ? await buildReplicas() : undefined;
  const folder = await mkdtemp(join(tmpdir(), "cluster-"));
  const reap = reapFolder(folder);
  // a copy, so that a new build does not change it under running processes
  if (dist) await cp(dist, join(folder, "ghost-replica"), { recursive: true });
  await writeFile(certificateIn(folder), CERTIFICATE.cert);
  const adapters = storage ? await placeStorage(folder, installation) : undefined;
  const [sinks, database, bucket] = await Promise.all([startSinks(), mysql.createDatabase(), minio?.bucket()]);
  const balancer = await Balancer.start({ "/.ghost/activitypub": new URL(sinks.hooks.url) });
  return {
    folder,
    installation,
    balancer,
    sinks,
    database,
    bucket,
    storage: adapters && bucket && minio ? storageSettings(adapters, bucket, minio) : {},
    async remove() {
      await reap();
      await balancer.close();
      await sinks.close();
      await database.drop();
    },
  };
}
