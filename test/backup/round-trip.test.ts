import { beforeAll, expect, it } from "vitest";
import { describeWith, docker } from "../needs.ts";
import { manifestSchema } from "../../packages/backup/src/manifest/schema.ts";
import { ended, Ground, MEMORY_MIB } from "./ground.ts";

const SCHEMA = `
  CREATE TABLE posts (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, title VARCHAR(191) NOT NULL, body LONGTEXT,
    made TIMESTAMP NULL, KEY title (title)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
  CREATE TABLE tags (id INT PRIMARY KEY, post INT, FOREIGN KEY (post) REFERENCES posts (id));
  CREATE TABLE nothing (id INT PRIMARY KEY);
  INSERT INTO posts (title, body, made) VALUES ('Hello 👋', 'a;\\nb''c\\\\d', '2026-01-01 00:00:00'), ('x', NULL, NULL);
  INSERT INTO tags VALUES (1, 1), (2, NULL);
  CREATE VIEW titles AS SELECT title FROM posts;
  CREATE TRIGGER upper_title BEFORE INSERT ON posts FOR EACH ROW SET NEW.title = CONCAT(NEW.title, '!');
  CREATE PROCEDURE two() SELECT 2;
  CREATE EVENT later ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM tags;`;

describeWith([docker], "a backup and its restore", () => {
  let ground: Ground;

  beforeAll(async () => {
    ground = await Ground.make();
    await ground.database("ghost", SCHEMA);
  });

  it("is made with the smallest account, proven, and listed", async () => {
    const run = await ground.run(["run"], ground.env("ghost"));
    const { stdout, stderr } = run;
    ended(run);
    const [name] = await ground.backups();
    expect(stdout).toContain(`verified ${name}`);
    const manifest = manifestSchema.parse(await ground.manifest(name ?? ""));
    expect(manifest.tables.map(({ name: table, rows }) => [table, rows])).toEqual([
      ["nothing", 0],
      ["posts", 2],
      ["tags", 2],
    ]);
    expect(manifest.definitions.map(({ kind, name: one }) => `${kind} ${one}`).toSorted()).toEqual([
      "event later",
      "procedure two",
      "table nothing",
      "table posts",
      "table tags",
      "trigger upper_title",
      "view titles",
    ]);
    expect(manifest.snapshot.position).toBeNull();
    expect(manifest.object.size).toBe((await ground.bucket.head(manifest.object.key)).ContentLength);
    expect(await ground.scratch.databases()).not.toContain("ghost");
    const listed = await ground.run(["list", "--json"], ground.env("ghost"));
    expect(JSON.parse(listed.stdout)).toMatchObject([{ name, server: "blog", database: "ghost", safety: false }]);
    for (const text of [stdout, stderr, listed.stderr, JSON.stringify(manifest)]) expect(text).not.toContain("SECRET");
  });

  it("is restored beside the database, with every row", async () => {
    const env = ground.env("ghost", ground.admin);
    ended(await ground.run(["restore", "latest", "--into", "ghost copy", "--json"], env));
    const rows = await ground.source.query("SELECT * FROM posts ORDER BY id", [], "ghost copy");
    expect(rows).toEqual(await ground.source.query("SELECT * FROM posts ORDER BY id", [], "ghost"));
    expect(rows[0]).toMatchObject({ title: "Hello 👋", body: "a;\nb'c\\d" });
    await ground.source.drop("ghost copy");
  });

  it("notes the place in the binary log when the account may ask for it", async () => {
    await ground.source.query("GRANT FLUSH_TABLES, REPLICATION CLIENT ON *.* TO ?@'%'", [ground.user]);
    ended(await ground.run(["run"], ground.env("ghost", { BACKUP_POSITION: "required" })));
    const name = (await ground.backups()).at(-1) ?? "";
    const { position } = (await ground.manifest(name))["snapshot"];
    const [status] = await ground.source.query("SHOW BINARY LOG STATUS");
    expect(position).toEqual({
      file: status?.["File"],
      offset: status?.["Position"],
      gtid: status?.["Executed_Gtid_Set"].replaceAll(/\s/g, ""),
    });
  });
});

describeWith([docker], "the program's own scratch server", () => {
  it("proves an encrypted backup, which only the secret key opens again", async () => {
    const ground = await Ground.make();
    await ground.database("shop", SCHEMA);
    const { generateX25519Identity, identityToRecipient } = await import("age-encryption");
    const identity = await generateX25519Identity();
    const key = `/tmp/${ground.user}.key`;
    await ground.toolbox.write(key, `# made by a test\n${identity}\n`);
    const env = ground.env("shop", {
      ...Ground.ownScratch,
      BACKUP_AGE_RECIPIENTS: await identityToRecipient(identity),
    });
    const made = await ground.run(["run"], env);
    ended(made);
    expect(made.peakMiB).toBeLessThanOrEqual(MEMORY_MIB);
    const [name = ""] = await ground.backups();
    const { object } = await ground.manifest(name);
    expect((await ground.bucket.bytes(object.key)).subarray(0, 21).toString()).toBe("age-encryption.org/v1");

    const without = await ground.run(["verify", name], env);
    expect(without.exitCode).toBe(64);
    expect(without.stderr).toContain("is encrypted for age1");
    const other = `/tmp/${ground.user}.other`;
    await ground.toolbox.write(other, `${await generateX25519Identity()}\n`);
    expect((await ground.run(["verify", name, "--identity", other], env)).exitCode).toBe(64);
    ended(await ground.run(["verify", name, "--identity", key], env));
    expect(await ground.toolbox.shell("ls -d /tmp/scratch-* 2>/dev/null | wc -l")).toBe("0");
  });
});
