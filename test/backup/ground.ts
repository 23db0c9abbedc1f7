import { inject } from "vitest";
import { BucketView, type StoreAccess } from "../integration/bucket-view.ts";
import { Server, type ServerAddress } from "./mysql.ts";
import { Toolbox, type Finished, type Started } from "./toolbox.ts";

/** What the setup of the project tells its files. */
export interface GroundFacts {
  readonly minio: StoreAccess;
  readonly source: ServerAddress;
  readonly scratch: ServerAddress;
  readonly toolbox: string;
}

/**
 * For the program run from its sources, whatever it backs up. 96 are wanted, which Node with the libraries alone takes;
 * the image's one file needs 40 less.
 */
export const MEMORY_MIB = 256;

const PASSWORD = "pa\"ss'w\\or#d SECRET";

/** The smallest account that the README names. */
const RIGHTS = ["GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON", "GRANT SHOW_ROUTINE ON *.* TO"] as const;

let number = 0;

/** A bucket and an account of its own on the servers that all files share. */
export class Ground {
  readonly source: Server;
  readonly scratch: Server;
  readonly toolbox: Toolbox;
  readonly bucket: BucketView;
  readonly store: StoreAccess;
  readonly user: string;
  readonly password = PASSWORD;

  private constructor(facts: GroundFacts, id: string) {
    this.source = new Server(facts.source);
    this.scratch = new Server(facts.scratch);
    this.toolbox = new Toolbox(facts.toolbox);
    this.store = facts.minio;
    this.bucket = new BucketView(facts.minio, `backups-${id}`);
    this.user = `backup_${id}`;
  }

  static async make(): Promise<Ground> {
    const facts = inject("backupGround");
    if (!facts) throw new Error("There is no Docker.");
    number += 1;
    const ground = new Ground(facts, `${process.pid}-${number}`);
    await ground.bucket.create();
    await ground.source.query("CREATE USER ?@'%' IDENTIFIED BY ?", [ground.user, PASSWORD]);
    return ground;
  }

  /** A new database that the account may dump. */
  async database(name: string, sql = ""): Promise<void> {
    await this.source.drop(name);
    const quoted = `\`${name.replaceAll("`", "``")}\``;
    await this.source.query(`CREATE DATABASE ${quoted}`);
    await this.allow(name);
    if (sql) await this.source.query(sql, [], name);
  }

  async allow(name: string): Promise<void> {
    const pattern = `\`${name.replaceAll("`", "``").replaceAll(/[_%\\]/g, "\\$&")}\``;
    const [database, everywhere] = RIGHTS;
    await this.source.query(`${database} ${pattern}.* TO ?@'%'`, [this.user]);
    await this.source.query(`${everywhere} ?@'%'`, [this.user]);
  }

  /** What point in time needs in addition. */
  async allowLog(): Promise<void> {
    const rights = "FLUSH_TABLES, REPLICATION SLAVE, REPLICATION CLIENT";
    await this.source.query(`GRANT ${rights} ON *.* TO ?@'%'`, [this.user]);
  }

  /** The variables of a run: the smallest account, the shared scratch server. */
  env(databases: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
    const { endpoint, region, accessKeyId, secretAccessKey } = this.store;
    const { host, port } = this.source.address;
    const scratch = this.scratch.address;
    const env: Record<string, string> = {
      MYSQL_NAME: "blog",
      MYSQL_HOST: host,
      MYSQL_PORT: String(port),
      MYSQL_USER: this.user,
      MYSQL_PASSWORD: PASSWORD,
      MYSQL_DATABASES: databases,
      BACKUP_BUCKET: this.bucket.name,
      BACKUP_BUCKET_TIMEOUT: "2000",
      AWS_REGION: region,
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      BACKUP_SCRATCH_HOST: scratch.host,
      BACKUP_SCRATCH_PORT: String(scratch.port),
      BACKUP_SCRATCH_USER: "root",
      BACKUP_SCRATCH_PASSWORD: scratch.rootPassword,
      ...more,
    };
    return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  }

  /** A server that is started for the run, instead of the shared one. */
  static readonly ownScratch = {
    BACKUP_SCRATCH_HOST: "",
    BACKUP_SCRATCH_PORT: "",
    BACKUP_SCRATCH_USER: "",
    BACKUP_SCRATCH_PASSWORD: "",
  };

  /** The administrator's account: a restore makes databases. */
  get admin(): Record<string, string> {
    return { MYSQL_USER: "root", MYSQL_PASSWORD: this.source.address.rootPassword };
  }

  run(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<Finished> {
    return this.toolbox.run(argv, env);
  }

  start(argv: readonly string[], env: Readonly<Record<string, string>>): Started {
    return this.toolbox.start(argv, env);
  }

  sh(script: string, env: Readonly<Record<string, string>>): Promise<Finished> {
    return this.toolbox.sh(script, env);
  }

  /** Names of the backups that exist. */
  async backups(): Promise<string[]> {
    const keys = await this.bucket.keys("mysql/");
    return keys.filter((key) => key.endsWith("/manifest.json")).map((key) => key.slice(6, -14));
  }

  async manifest(name: string): Promise<Record<string, any>> {
    return JSON.parse((await this.bucket.bytes(`mysql/${name}/manifest.json`)).toString()) as Record<string, any>;
  }
}

/** Fails with all that a run said, when it did not end with this code. */
export function ended({ exitCode, stdout, stderr }: Finished, code = 0): void {
  if (exitCode !== code) throw new Error(`It ended with ${exitCode} instead of ${code}:\n${stdout}\n${stderr}`);
}
