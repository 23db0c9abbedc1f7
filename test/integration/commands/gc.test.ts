import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { MySqlContainer, type StartedMySqlContainer } from "@testcontainers/mysql";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, docker } from "../../needs.ts";
import { Minio, type Bucket } from "./bucket.ts";
import { StorageCommand } from "./command.ts";

const MYSQL = "mysql:9.7";

/** Objects of a blog; what begins with `orphan` is named nowhere. */
const KEYS = [
  "content/images/2024/01/html.jpg",
  "content/images/2024/01/html_o.jpg",
  "content/images/size/w600/2024/01/html.jpg",
  "content/images/2024/01/lexical.png",
  "content/images/2024/01/город.png",
  "content/images/2024/01/theme.png",
  "content/images/2024/01/orphan.jpg",
  "content/images/size/w600/format/webp/2024/01/orphan.jpg",
  "private/content/images/2024/01/orphan_o.jpg",
  "content/images/logo.png",
  "content/media/2024/01/clip.mp4",
  "content/media/2024/01/clip_thumb.png",
  "content/files/2024/01/paper.pdf",
  "content/files/2024/01/orphaned.pdf",
];

const ORPHANS = KEYS.filter((key) => /orphan/.test(key)).toSorted();

/** Two tables with every kind of text, one of which Ghost has never heard of. */
const SCHEMA = [
  "CREATE TABLE posts (id INTEGER, html TEXT, lexical TEXT)",
  "CREATE TABLE some_new_table (id INTEGER, payload BLOB, note VARCHAR(200))",
];

const ROWS = {
  html: '<img src="__GHOST_URL__/content/images/2024/01/html.jpg" srcset="/content/images/size/w600/2024/01/html.jpg 600w">',
  lexical: String.raw`{"src":"__GHOST_URL__\/content\/images\/2024\/01\/lexical.png","x":"/content/images/2024/01/%D0%B3%D0%BE%D1%80%D0%BE%D0%B4.png"}`,
  payload: "see https%3A%2F%2Fcdn.example.com%2Fcontent%2Fmedia%2F2024%2F01%2Fclip_thumb.png",
  note: "https://cdn.example.com/content/files/2024/01/paper.pdf",
};

describeWith([docker], "storage-s3 gc", () => {
  let minio: Minio;
  let mysql: StartedMySqlContainer;
  let command: StorageCommand;
  let folder: string;

  beforeAll(async () => {
    [minio, mysql] = await Promise.all([Minio.start(), new MySqlContainer(MYSQL).start()]);
    command = await StorageCommand.build(minio.credentials);
    folder = await mkdtemp(join(tmpdir(), "storage-s3-gc-"));
    await mkdir(join(folder, "theme/assets"), { recursive: true });
    await writeFile(join(folder, "theme/assets/screen.css"), "body{background:url(/content/images/2024/01/theme.png)}");
    await writeFile(join(folder, "theme/picture.png"), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 1]));
    writeSqlite(join(folder, "ghost.db"));
    await fillMysql(mysql);
  });

  afterAll(async () => {
    await command?.remove();
    await Promise.all([minio?.stop(), mysql?.stop()]);
    if (folder) await rm(folder, { recursive: true });
  });

  async function blog(): Promise<Bucket> {
    const bucket = await minio.bucket();
    for (const key of KEYS) await bucket.put(key, "0123456789");
    return bucket;
  }

  /** Ghost's configuration, with the database that it has. */
  async function config(bucket: Bucket, database: object): Promise<string> {
    const path = join(folder, `${bucket.name}.json`);
    const storage = { active: "s3", s3: { bucket: bucket.name, endpoint: minio.endpoint } };
    await writeFile(path, JSON.stringify({ url: "https://blog.test", database, adapters: { storage } }));
    return path;
  }

  const sqlite = { client: "sqlite3", connection: { filename: "ghost.db" } };
  const theme = (): string[] => ["--scan-dir", join(folder, "theme")];

  async function orphansOf(args: readonly string[]): Promise<string[]> {
    const { stdout, stderr } = await command.run(["gc", "--json", "--min-age", "0d", ...args]);
    if (!stdout) throw new Error(stderr);
    return (JSON.parse(stdout) as { orphans: { key: string }[] }).orphans.map(({ key }) => key).toSorted();
  }

  test("finds what an SQLite database does not name, and deletes nothing", async () => {
    const bucket = await blog();
    expect(await orphansOf(["--config", await config(bucket, sqlite), ...theme()])).toEqual(ORPHANS);
    expect(await bucket.keys()).toHaveLength(KEYS.length);
  });

  test("finds the same in MySQL", async () => {
    const bucket = await blog();
    const connection = {
      host: mysql.getHost(),
      port: mysql.getPort(),
      user: mysql.getUsername(),
      password: mysql.getUserPassword(),
      database: mysql.getDatabase(),
    };
    const path = await config(bucket, { client: "mysql", connection });
    expect(await orphansOf(["--config", path, ...theme()])).toEqual(ORPHANS);
    const wrong = { client: "mysql", connection: { ...connection, password: "wrong" } };
    const { exitCode, stderr } = await command.run([
      "gc",
      "--config",
      await config(bucket, wrong),
      "--delete",
      "--yes",
    ]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/cannot be reached: Access denied.*Nothing was deleted/);
  });

  test("finds the same in an export", async () => {
    const bucket = await blog();
    const path = join(folder, "export.json");
    await writeFile(path, JSON.stringify({ db: [{ data: { posts: [ROWS], padding: "x".repeat(3_000_000) } }] }));
    expect(await orphansOf([...bucket.flags, "--export", path, ...theme()])).toEqual(ORPHANS);
  });

  test("keeps what is young and what it is told to keep", async () => {
    const bucket = await blog();
    const args = ["--config", await config(bucket, sqlite), ...theme()];
    expect(await orphansOf([...args, "--min-age", "30d"])).toEqual([]);
    expect(await orphansOf([...args, "--keep", "content/images/**"])).toEqual(["content/files/2024/01/orphaned.pdf"]);
  });

  test("deletes the rest, and only that", async () => {
    const bucket = await blog();
    const args = ["gc", "--config", await config(bucket, sqlite), ...theme(), "--min-age", "0d", "--delete"];
    const unconfirmed = await command.run(args);
    expect([unconfirmed.exitCode, await bucket.keys()]).toEqual([2, KEYS.toSorted()]);
    const { exitCode, stdout } = await command.run([...args, "--yes"]);
    expect(stdout).toContain(`${ORPHANS.length} objects deleted, ${ORPHANS.length * 10} B`);
    expect(exitCode).toBe(0);
    expect(await bucket.keys()).toEqual(KEYS.filter((key) => !ORPHANS.includes(key)).toSorted());
  });

  test("refuses to delete most of a bucket", async () => {
    const bucket = await blog();
    const args = ["gc", "--config", await config(bucket, sqlite), "--min-age", "0d", "--delete", "--yes"];
    const { exitCode, stderr } = await command.run([...args, "--max-percent", "20"]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/more than --max-percent 20 allows.*Nothing was deleted/);
    expect(await bucket.keys()).toHaveLength(KEYS.length);
  });

  test("refuses to delete by the database of another blog", async () => {
    const bucket = await blog();
    const database = new DatabaseSync(join(folder, "other.db"));
    database.exec("CREATE TABLE posts (html TEXT); INSERT INTO posts VALUES ('/content/images/2019/05/other.jpg')");
    database.close();
    const other = { client: "sqlite3", connection: { filename: join(folder, "other.db") } };
    const args = ["gc", "--config", await config(bucket, other), ...theme(), "--min-age", "0d", "--delete", "--yes"];
    const { exitCode, stderr } = await command.run([...args, "--max-percent", "100"]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/names none of the 14 objects.*Nothing was deleted/);
    expect(await bucket.keys()).toHaveLength(KEYS.length);
  });

  test("refuses to delete when it could not look everywhere", async () => {
    const bucket = await blog();
    const args = ["gc", "--config", await config(bucket, sqlite), "--min-age", "0d", "--delete", "--yes"];
    const { exitCode, stderr } = await command.run([...args, "--scan-dir", join(folder, "gone")]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/gone cannot be read.*Nothing was deleted/);
    expect(await bucket.keys()).toHaveLength(KEYS.length);
  });
});

function writeSqlite(path: string): void {
  const database = new DatabaseSync(path);
  for (const table of SCHEMA) database.exec(table);
  database.prepare("INSERT INTO posts VALUES (1, ?, ?)").run(ROWS.html, ROWS.lexical);
  database
    .prepare("INSERT INTO some_new_table VALUES (9007199254740993, ?, ?)")
    .run(Buffer.from(ROWS.payload), ROWS.note);
  database.close();
}

const text = (value: string): string => `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;

async function fillMysql(container: StartedMySqlContainer): Promise<void> {
  const statements = [
    ...SCHEMA,
    `INSERT INTO posts VALUES (1, ${text(ROWS.html)}, ${text(ROWS.lexical)})`,
    `INSERT INTO some_new_table VALUES (1, ${text(ROWS.payload)}, ${text(ROWS.note)})`,
    "CREATE TABLE settings (`value` JSON)",
    `INSERT INTO settings VALUES ('{"a": 1}')`,
  ];
  for (const statement of statements) await container.executeQuery(statement, ["-D", container.getDatabase()]);
}
