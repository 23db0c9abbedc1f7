import { DeleteObjectCommand, DeleteObjectsCommand, S3Client } from "@aws-sdk/client-s3";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { restrictedCredentials } from "../integration/commands/restricted-credentials.ts";
import { describeWith, docker } from "../needs.ts";
import { startHttpProxy } from "../network/http-proxy.ts";
import { startProxy } from "../network/proxy.ts";
import { Blog, METADATA } from "./blog.ts";
import { ended } from "./ground.ts";
import type { Finished } from "./toolbox.ts";

describeWith([docker], "damage of the mirror", () => {
  it("is found by a verification, and costs a restore no more than what is damaged", async () => {
    const blog = await Blog.make();
    for (const key of ["a.jpg", "b.jpg", "c.jpg"]) await blog.content.put(key, `${key} as it was`, METADATA);
    ended(await blog.run("run"));
    const [name = ""] = await blog.ground.backups();
    ended(await blog.run("verify", name));
    const [a = "", b = ""] = await blog.mirrored();
    const flipped = await blog.ground.bucket.bytes(a);
    flipped[0] = (flipped[0] ?? 0) ^ 1;
    await blog.ground.bucket.put(a, flipped);
    await blog.ground.bucket.remove(b);
    const verified = await blog.run("verify", name);
    ended(verified, 65);
    expect(verified.stderr).toMatch(/a\.jpg.* has another ETag/);
    expect(verified.stderr).toMatch(/b\.jpg.* is not there/);
    await blog.content.remove("a.jpg", "b.jpg", "c.jpg");
    const restored = await blog.run("restore", name, "--content-only");
    ended(restored, 65);
    expect(restored.stderr).toContain("2 of 3 objects are not back");
    expect(await blog.content.keys()).toEqual(["c.jpg"]);
  });

  it("is mended by the next run, as long as the content is there", async () => {
    const blog = await Blog.make();
    await blog.content.put("a.jpg", "as it was", METADATA);
    ended(await blog.run("run"));
    const [a = ""] = await blog.mirrored();
    await blog.ground.bucket.put(a, "As it was");
    ended(await blog.run("run"));
    ended(await blog.run("verify", "latest"));
    expect((await blog.ground.bucket.bytes(a)).toString()).toBe("as it was");
  });

  it("of the list is found before anything is restored", async () => {
    const blog = await Blog.make();
    await blog.content.put("a.jpg", "as it was", METADATA);
    ended(await blog.run("run"));
    const [name = ""] = await blog.ground.backups();
    const { key } = (await blog.ground.manifest(name))["content"][0].list;
    const bytes = await blog.ground.bucket.bytes(key);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await blog.ground.bucket.put(key, bytes);
    await blog.content.remove("a.jpg");
    for (const argv of [
      ["verify", name],
      ["restore", name, "--content", "--into", "ghost2"],
    ]) {
      const run = await blog.run(...argv);
      ended(run, 65);
      expect(run.stderr).toContain("is not what was stored");
    }
    expect(await blog.ground.source.databases()).not.toContain("ghost2");
    expect(await blog.content.keys()).toEqual([]);
  });
});

describeWith([docker], "a run that cannot mirror", () => {
  let blog: Blog;
  let good: string[];

  beforeAll(async () => {
    blog = await Blog.make();
    await blog.content.put("a.jpg", "a", METADATA);
    ended(await blog.run("run"));
    good = await blog.ground.backups();
  });

  beforeEach(async () => {
    await blog.content.put(`${crypto.randomUUID()}.jpg`, "new", METADATA);
  });

  async function failed(run: Finished, code: number, reason: RegExp): Promise<void> {
    ended(run, code);
    expect(run.stderr).toMatch(reason);
    expect(await blog.ground.backups()).toEqual(good);
    const left = (await blog.ground.bucket.keys("mysql/")).filter((key) => !good.some((name) => key.includes(name)));
    expect(left).toEqual([]);
    ended(await blog.run("verify", "latest"));
  }

  it.each([403, 503] as const)("because the store answers %i to copies makes no backup", async (status) => {
    const proxy = await startHttpProxy({ target: blog.ground.store.endpoint });
    try {
      proxy.set({ status, method: /PUT/, path: /\/content\// });
      const run = await blog.ground.run(["run"], { ...blog.env, AWS_ENDPOINT_URL_S3: proxy.url });
      await failed(run, status === 403 ? 77 : 69, status === 403 ? /refused CopyObject/ : /overloaded or out of order/);
    } finally {
      await proxy.close();
    }
  });

  it("because the list cannot be stored makes no backup", async () => {
    const proxy = await startHttpProxy({ target: blog.ground.store.endpoint });
    try {
      proxy.set({ status: 403, method: /PUT|POST/, path: /ndjson/ });
      await failed(
        await blog.ground.run(["run"], { ...blog.env, AWS_ENDPOINT_URL_S3: proxy.url }),
        77,
        /refused CreateMultipartUpload/,
      );
    } finally {
      await proxy.close();
    }
  });

  it("because the content's bucket is gone makes no backup", async () => {
    const run = await blog.ground.run(["run"], { ...blog.env, BACKUP_CONTENT_BUCKETS: "no-such-bucket" });
    await failed(run, 69, /There is no bucket \\"no-such-bucket\\"/);
  });

  it("because it belongs to a database that nobody dumps says so", async () => {
    const config = `/tmp/${blog.ground.user}.json`;
    const content = [{ bucket: blog.content.name, database: "ghots" }];
    await blog.ground.toolbox.write(config, JSON.stringify({ content }));
    const { BACKUP_CONTENT_BUCKETS: _, ...env } = blog.env;
    const run = await blog.ground.run(["run", "--config", config], env);
    ended(run, 64);
    expect(run.stderr).toContain('belongs to the database \\"ghots\\", which was not dumped');
    good = await blog.ground.backups();
  });

  it("goes on after connections that were cut", async () => {
    const proxy = await startProxy({ target: blog.ground.store.endpoint });
    try {
      proxy.set({ kind: "reset", direction: "upload", afterBytes: 2000, times: 3 });
      ended(await blog.ground.run(["run"], { ...blog.env, AWS_ENDPOINT_URL_S3: proxy.url }));
      expect(proxy.stats().struck).toBe(3);
    } finally {
      await proxy.close();
    }
    ended(await blog.run("verify", "latest"));
  });
});

describeWith([docker], "the rights for content", () => {
  it("are enough for a run and a restore, and a stolen key destroys nothing", async () => {
    const blog = await Blog.make();
    await blog.content.put("a.jpg", "a", METADATA);
    const as = async (role: string): Promise<{ env: Record<string, string>; client: S3Client }> => {
      const printed = await blog.run("bucket", "--policy", role);
      ended(printed);
      const credentials = await restrictedCredentials(blog.ground.store, JSON.parse(printed.stdout) as object);
      const { endpoint, region } = blog.ground.store;
      const env = {
        ...blog.env,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_SESSION_TOKEN: credentials.sessionToken,
      };
      return { env, client: new S3Client({ endpoint, region, forcePathStyle: true, credentials }) };
    };
    const writer = await as("writer");
    ended(await blog.ground.run(["run"], writer.env));
    const [Key = ""] = await blog.mirrored();
    const Bucket = blog.ground.bucket.name;
    const mine = { Bucket: blog.content.name, Key: "a.jpg" };
    for (const object of [{ Bucket, Key }, mine]) {
      await expect(writer.client.send(new DeleteObjectCommand(object))).rejects.toThrow(/Access Denied/i);
      const Delete = { Objects: [{ Key: object.Key }] };
      const many = await writer.client.send(new DeleteObjectsCommand({ Bucket: object.Bucket, Delete }));
      expect(many.Errors?.[0]?.Code).toBe("AccessDenied");
    }
    await blog.content.remove("a.jpg");
    const refused = await blog.ground.run(["restore", "latest", "--content-only"], writer.env);
    ended(refused, 77);
    expect(refused.stderr).toContain("refused CopyObject");
    const restorer = await as("restorer");
    ended(await blog.ground.run(["restore", "latest", "--content-only"], restorer.env));
    expect((await blog.content.bytes("a.jpg")).toString()).toBe("a");
    ended(await blog.ground.run(["verify", "latest"], (await as("reader")).env));
  });

  it("include a lifecycle that ends no content", async () => {
    const blog = await Blog.make();
    const run = await blog.run("bucket", "--json");
    const found = JSON.parse(run.stdout) as { setting: string; state: string }[];
    expect(found).toContainEqual(
      expect.objectContaining({ setting: "lifecycle of content: never gone", state: "holds" }),
    );
  });
});
