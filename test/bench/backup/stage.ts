import { randomUUID } from "node:crypto";
import { BucketView, type StoreAccess } from "../../integration/bucket-view.ts";
import { startMinio } from "../../integration/minio.ts";
import { startMysql, type Mysql } from "../../integration/replicas/cluster/mysql.ts";
import { startServer, Server, type ServerAddress } from "../../backup/mysql.ts";
import { startToolbox, Toolbox } from "../../backup/toolbox.ts";

interface Stoppable {
  stop(): Promise<void>;
}

const USER = "backup";

/** A MySQL with the databases, another that is restored into, a bucket, and a container like the backup image. */
export class BackupStage {
  readonly mysql: Mysql;
  readonly target: Server;
  readonly toolbox: Toolbox;
  readonly bucket: BucketView;
  readonly password = randomUUID();
  readonly #store: StoreAccess;
  readonly #target: ServerAddress;
  readonly #parts: readonly Stoppable[];

  private constructor(mysql: Mysql, target: ServerAddress, store: StoreAccess, toolbox: string, parts: Stoppable[]) {
    this.mysql = mysql;
    this.target = new Server(target);
    this.toolbox = new Toolbox(toolbox);
    this.bucket = new BucketView(store, "backups");
    this.#store = store;
    this.#target = target;
    this.#parts = parts;
  }

  static async make(): Promise<BackupStage> {
    const [mysql, target, minio, toolbox] = await Promise.all([
      startMysql(),
      startServer(["--skip-log-bin", "--max-allowed-packet=1G"]),
      // a few dumps of the large database
      startMinio("10g"),
      startToolbox(),
    ]);
    const stage = new BackupStage(mysql, target.facts, minio, toolbox.id, [toolbox, minio, target, mysql]);
    await stage.bucket.create();
    await mysql.query("CREATE USER ?@'%' IDENTIFIED BY ?", [USER, stage.password]);
    await mysql.query("GRANT SHOW_ROUTINE ON *.* TO ?@'%'", [USER]);
    return stage;
  }

  async allow(database: string): Promise<void> {
    await this.mysql.query(`GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON ${database}.* TO ?@'%'`, [USER]);
  }

  /** Of the program that dumps, with a scratch server of its own as in the image. */
  get source(): Record<string, string> {
    const { host, port } = this.mysql;
    return this.#env({ host, port, user: USER, password: this.password });
  }

  /** Of the program that restores. */
  get destination(): Record<string, string> {
    const { host, port, rootPassword } = this.#target;
    return this.#env({ host, port, user: "root", password: rootPassword });
  }

  async stop(): Promise<void> {
    for (const part of this.#parts) await part.stop();
  }

  #env(server: { host: string; port: number; user: string; password: string }): Record<string, string> {
    const { endpoint, region, accessKeyId, secretAccessKey } = this.#store;
    return {
      MYSQL_NAME: "blog",
      MYSQL_HOST: server.host,
      MYSQL_PORT: String(server.port),
      MYSQL_USER: server.user,
      MYSQL_PASSWORD: server.password,
      BACKUP_BUCKET: this.bucket.name,
      AWS_REGION: region,
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    };
  }
}
