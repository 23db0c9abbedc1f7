import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { belongs } from "../../src/configuration/content.ts";
import { chooseDatabases } from "../../src/configuration/databases.ts";
import { readOptions } from "../../src/configuration/options.ts";
import type { ContentOptions, Options } from "../../src/configuration/schema.ts";
import { Failure } from "../../src/failure.ts";

const GOOD = { MYSQL_HOST: "mysql", MYSQL_USER: "backup", MYSQL_PASSWORD: "SECRET", BACKUP_BUCKET: "my-backups" };

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "options-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const read = (env: Record<string, string>, path?: string): Options => readOptions(path, { env, cwd: folder });

/** The message that a configuration is refused with. */
function mistakes(env: Record<string, string>, path?: string): string {
  try {
    read(env, path);
  } catch (error) {
    if (error instanceof Failure && error.exitCode === 64) return error.message;
    throw error;
  }
  throw new Error("There was no mistake.");
}

describe("the configuration", () => {
  it("may stand in variables", () => {
    const options = read({
      ...GOOD,
      MYSQL_DATABASES: "ghost, shop_*,!shop_test",
      AWS_REGION: "eu-central-1",
      BACKUP_PREFIX: "/a/b/",
      BACKUP_SCRATCH_DIRECTORY: "/scratch",
    });
    expect(options).toMatchObject({
      bucket: "my-backups",
      prefix: "a/b",
      region: "eu-central-1",
      scratch: { directory: "/scratch" },
      servers: [{ name: "mysql", host: "mysql", port: 3306, databases: ["ghost", "shop_*", "!shop_test"] }],
    });
  });

  it("may stand in a file, which variables overrule", () => {
    const servers = [
      { name: "blog", host: "a", user: "b", passwordFile: file("password", "p w\n") },
      { name: "shop", host: "c", user: "d" },
    ];
    const path = file("config.json", JSON.stringify({ bucket: "other", servers }));
    const options = read({ BACKUP_BUCKET: "my-backups" }, path);
    expect(options.bucket).toBe("my-backups");
    expect(options.servers.map(({ password }) => password)).toEqual(["p w", undefined]);
    expect(read({ BACKUP_CONFIG: path }).bucket).toBe("other");
  });

  it("takes any variable from a file", () => {
    const { MYSQL_PASSWORD: _, ...rest } = GOOD;
    expect(read({ ...rest, MYSQL_PASSWORD_FILE: file("secret", "hush\n") }).servers[0]?.password).toBe("hush");
  });

  it("names every mistake at once", () => {
    const message = mistakes({
      MYSQL_HOST: "mysql",
      MYSQL_PORT: "0",
      BACKUP_BUCKET: "Not A Bucket",
      BACKUP_PING_URL: "ftp://secret-token",
      BACKUP_BUKCET: "x",
      BACKUP_AGE_RECIPIENTS: "AGE-SECRET-KEY-1",
      AWS_ACCESS_KEY_ID: "k",
    });
    for (const part of [
      "7 mistakes",
      "MYSQL_USER: missing",
      "MYSQL_PORT: given 0",
      'BACKUP_BUCKET: given "Not A Bucket"',
      "BACKUP_PING_URL: given a value that is not shown",
      'BACKUP_BUKCET: no such variable; expected "BACKUP_BUCKET"',
      "BACKUP_AGE_RECIPIENTS",
      "AWS_SECRET_ACCESS_KEY: missing",
    ]) {
      expect(message).toContain(part);
    }
    expect(message).not.toContain("secret-token");
  });

  it("is missing as a whole", () => {
    const message = mistakes({});
    expect(message).toContain("servers: missing");
    expect(message).toContain("BACKUP_BUCKET: missing");
  });

  it("never shows what stands around a mistake in a file", () => {
    const message = mistakes({}, file("bad.json", '{"servers": [{"password": "SECRET" "host"'));
    expect(message).toContain("it is not JSON");
    expect(message).not.toContain("SECRET");
  });

  it("names the place of a mistake in a file", () => {
    const servers = [
      { host: "a", user: "b", databases: [] },
      { host: "c", user: "d", passwrod: "SECRET" },
    ];
    const message = mistakes({}, file("places.json", JSON.stringify({ bucket: "my-backups", servers })));
    expect(message).toContain("servers[0].databases: given []");
    expect(message).toContain("servers[1].passwrod: no such option");
    expect(message).toContain('two are named "mysql"');
  });

  it("names buckets with content, in a variable or with what they belong to", () => {
    expect(read({ ...GOOD, BACKUP_CONTENT_BUCKETS: "uploads, themes" }).content).toEqual([
      { bucket: "uploads", prefix: "" },
      { bucket: "themes", prefix: "" },
    ]);
    const { BACKUP_BUCKET: bucket } = GOOD;
    const servers = [{ name: "blog", host: "a", user: "b" }];
    const content = [{ bucket: "uploads", prefix: "/x/", server: "blog", database: "ghost" }];
    const options = read({}, file("content.json", JSON.stringify({ bucket, servers, content })));
    expect(options.content).toEqual([{ bucket: "uploads", prefix: "x", server: "blog", database: "ghost" }]);
    const [one] = options.content as [ContentOptions];
    expect(belongs(one, "blog", "ghost")).toBe(true);
    expect(belongs(one, "blog", "shop")).toBe(false);
    expect(belongs(one, "shop", "ghost")).toBe(false);
    expect(belongs({ bucket: "uploads", prefix: "" }, "any", "any")).toBe(true);
  });

  it("refuses content that would be no backup", () => {
    const message = mistakes({ ...GOOD, BACKUP_PREFIX: "content/x", BACKUP_CONTENT_BUCKETS: "uploads,my-backups" });
    expect(message).toContain('BACKUP_PREFIX: given "content/x", with content');
    expect(message).toContain('BACKUP_CONTENT_BUCKETS: given "my-backups", which is the bucket of the backups');
    expect(mistakes({ ...GOOD, BACKUP_PREFIX: "/", BACKUP_CONTENT_BUCKETS: "uploads" })).toContain("1 mistake");
    expect(mistakes({ ...GOOD, BACKUP_CONTENT_BUCKETS: "No Bucket" })).toContain("BACKUP_CONTENT_BUCKETS: given");
    const content = [{ bucket: "uploads", server: "shop" }];
    const servers = [{ name: "blog", host: "a", user: "b" }];
    const path = file("belongs.json", JSON.stringify({ bucket: "my-backups", servers, content }));
    expect(mistakes({}, path)).toContain('content[0].server: given "shop"; expected one of "blog"');
    expect(read({ ...GOOD, BACKUP_PREFIX: "content" }).prefix).toBe("content");
  });

  it("is not disturbed by what Kubernetes puts into every pod", () => {
    const links = {
      MYSQL_PORT: "tcp://10.0.0.1:3306",
      BACKUP_SERVICE_HOST: "10.0.0.2",
      BACKUP_PORT: "tcp://10.0.0.2:80",
    };
    expect(read({ ...GOOD, ...links }).servers[0]?.port).toBe(3306);
  });
});

describe("databases", () => {
  const all = ["Information_Schema", "a.b", "axb", "ghost", "mysql", "shop_1", "shop_test", "sys", "odd*name"];

  it.each([
    [["*"], ["a.b", "axb", "ghost", "shop_1", "shop_test", "odd*name"]],
    [["shop_*", "!shop_test"], ["shop_1"]],
    [["a.b"], ["a.b"]],
    [["?xb"], ["axb"]],
    [["odd*name"], ["odd*name"]],
    [
      ["!ghost", "!shop_*"],
      ["a.b", "axb", "odd*name"],
    ],
  ])("%j are %j", (patterns, expected) => {
    expect(chooseDatabases(all, patterns)).toEqual({ chosen: expected, unmet: [] });
  });

  it("that are gone are named", () => {
    expect(chooseDatabases(all, ["ghost", "gone", "x_*"]).unmet).toEqual(["gone", "x_*"]);
  });
});
