import { Minio } from "../../commands/bucket.ts";
import { startCluster, type Cluster, type ClusterOptions } from "./cluster.ts";
import { startMysql, type Mysql } from "./mysql.ts";

/** What clusters of replicas stand on: a MySQL and a MinIO. Those that were started on it end with it. */
export class Ground {
  readonly mysql: Mysql;
  readonly minio: Minio;
  readonly #clusters: Cluster[] = [];

  private constructor(mysql: Mysql, minio: Minio) {
    this.mysql = mysql;
    this.minio = minio;
  }

  static async make(): Promise<Ground> {
    const [mysql, minio] = await Promise.all([startMysql(), Minio.start()]);
    return new Ground(mysql, minio);
  }

  async cluster(options: Omit<ClusterOptions, "mysql" | "minio" | "mode"> = {}): Promise<Cluster> {
    const cluster = await startCluster({ mysql: this.mysql, minio: this.minio, mode: "replicas", ...options });
    this.#clusters.push(cluster);
    return cluster;
  }

  async stop(): Promise<void> {
    for (const cluster of this.#clusters) await cluster.stop();
    await this.minio.stop();
    await this.mysql.stop();
  }
}
