import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer, Server } from "../backup/mysql.ts";
import { Minio, type Bucket } from "../integration/commands/bucket.ts";
import { describeWith, docker } from "../needs.ts";
import { buildBackupImage, filesIn, inspect, runOnce } from "./images.ts";
import { documentedFolders } from "./writable.ts";

const { version } = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../packages/backup/package.json"), "utf8"),
) as { version: string };

/** What starts a server or installs programs, by their names in folders of programs. */
const TOOLS = /\/s?bin\/(?:npm|npx|pnpm|yarn|corepack|gosu|mysqlsh|docker-entrypoint\.sh)$/;

/** Any user but root and the image's own. */
const OTHER_USER = "10001:10001";

/** As a pod is where Pod Security's strictest standard is enforced. */
const HARDENED = ["--network", "host", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"];

const SCHEMA = `CREATE TABLE posts (id INT PRIMARY KEY, title VARCHAR(99));
  CREATE VIEW titles AS SELECT title FROM posts;
  INSERT INTO posts VALUES (1, 'One'), (2, 'Two 🎉')`;

describeWith([docker], "the image of backups", () => {
  let image: string;

  beforeAll(async () => {
    image = await buildBackupImage();
  });

  test("runs as a user that is a number and not root, starts no shell, and says what it is", async () => {
    const { Config } = await inspect(image);
    expect(Config.User).toBe("999:999");
    expect(Config.Entrypoint).toEqual(["node", "/usr/local/lib/backup/cli.js"]);
    expect(Config.Volumes ?? {}).toEqual({});
    expect(Config.Labels).toMatchObject({
      "org.opencontainers.image.version": version,
      "org.opencontainers.image.licenses": "MIT",
    });
  });

  test("has MySQL, Node and the program, and nothing that installs or starts anything else", async () => {
    const files = await filesIn(image);
    for (const program of ["/usr/local/bin/node", "/usr/local/bin/backup", "/usr/local/lib/backup/cli.js"]) {
      expect(files).toContain(program);
    }
    expect(files.filter((file) => /\/s?bin\/(?:mysqld|mysqldump)$/.test(file))).toHaveLength(2);
    expect(files.filter((file) => TOOLS.test(file) || file.includes("/node_modules/"))).toEqual([]);
    const { stdout: history } = await execa("docker", ["history", "--no-trunc", "--format", "{{.CreatedBy}}", image]);
    expect(history).not.toMatch(/npm|npx|_authToken/);
  });

  test("says all that is missing at once", async () => {
    const { exitCode, all } = await runOnce(image, ["--read-only"]);
    expect(exitCode).toBe(64);
    const { reason, effect } = JSON.parse(all) as { reason: string; effect: string };
    expect([...reason.matchAll(/^ {2}- (\S+): missing/gm)].map(([, key]) => key)).toEqual(["servers", "BACKUP_BUCKET"]);
    expect(effect).toBe("Nothing was done.");
  });
});

describeWith([docker], "a container of backups that can write in the documented folder only", () => {
  let image: string;
  let minio: Minio;
  let mysql: Awaited<ReturnType<typeof startServer>>;
  let server: Server;
  let bucket: Bucket;
  let options: string[];

  beforeAll(async () => {
    [mysql, minio, image] = await Promise.all([startServer(["--log-bin=binlog"]), Minio.start(), buildBackupImage()]);
    server = new Server(mysql.facts);
    bucket = await minio.bucket();
    const folders = await documentedFolders("backup");
    options = [...HARDENED, ...folders.flatMap((folder) => ["--tmpfs", folder]), ...variables()];
    await server.query(`CREATE DATABASE ghost; USE ghost; ${SCHEMA}`);
  });

  afterAll(async () => {
    await minio?.stop();
    await mysql?.stop();
  });

  function variables(): string[] {
    const env: Record<string, string> = {
      MYSQL_HOST: server.address.host,
      MYSQL_PORT: String(server.address.port),
      MYSQL_USER: "root",
      MYSQL_PASSWORD: server.address.rootPassword,
      MYSQL_DATABASES: "ghost",
      BACKUP_BUCKET: bucket.name,
      AWS_ENDPOINT_URL_S3: minio.endpoint,
      AWS_REGION: minio.region,
      ...minio.credentials,
    };
    return Object.entries(env).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
  }

  async function inContainer(command: readonly string[], more: readonly string[] = []): Promise<string> {
    const { exitCode, all } = await runOnce(image, [...options, ...more], command);
    if (exitCode !== 0) throw new Error(`It ended with ${exitCode}:\n${all}`);
    return all;
  }

  test("makes a backup that it has proven, when nothing else is said", async () => {
    expect(await inContainer([])).toContain("verified");
    const keys = await bucket.keys();
    expect(keys.map((key) => key.split("/").at(-1))).toEqual(["dump.sql.zst", "manifest.json"]);
    const manifest = JSON.parse((await bucket.read(keys[1]!)).toString());
    expect(manifest).toMatchObject({ versions: { program: version }, tables: [{ name: "posts", rows: 2 }] });
  });

  test("restores what was dropped", async () => {
    await server.drop("ghost");
    expect(await inContainer(["restore", "latest"])).toContain("restored and verified");
    expect(await server.query("SELECT title FROM ghost.titles ORDER BY title")).toEqual([
      { title: "One" },
      { title: "Two 🎉" },
    ]);
  });

  test("proves it again as any other user", async () => {
    expect(await inContainer(["verify", "latest"], ["--user", OTHER_USER])).toContain("verified");
  });
});
