import { DeleteBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { beforeAll, expect, it } from "vitest";
import { BucketView } from "../integration/bucket-view.ts";
import { describeWith, docker } from "../needs.ts";
import { Blog, METADATA, MIRRORED, told } from "./blog.ts";
import { ended } from "./ground.ts";

/** Names that people give to files, and names that programs get wrong. */
const ODD_KEYS = [
  "content/images/2026/11/photo.jpg",
  "content/images/2026/11/photo@2x.jpg",
  "content/images/2026/11/photo.jpg!1",
  "content/files/a b+c & d=e?f#g.pdf",
  "content/files/100%.txt",
  "content/files/%41.txt",
  "content/files/Ünïcödé 日本 👋.txt",
  "content/files/it's (a) ~ [test] {x} 'q' \"z\".txt",
  "content/files/folder/",
  `content/files/${"long".repeat(60)}.txt`,
  `${"deep/".repeat(195)}end.txt`,
  "replicas/routes.yaml",
];

/** Sixteen copies at a time, and the answers of as many requests. */
const MIRROR_MIB = 384;

describeWith([docker], "the content of a blog", () => {
  let blog: Blog;
  let before: Record<string, unknown>;

  beforeAll(async () => {
    blog = await Blog.make();
    for (const key of ODD_KEYS) {
      await blog.content.put(key, key.endsWith("/") ? Buffer.alloc(0) : `first ${key}`, METADATA);
    }
  });

  it("is copied in the first night, all of it, and listed in the manifest", async () => {
    const run = await blog.run("run");
    ended(run);
    const objects = ODD_KEYS.length;
    expect(told(run, MIRRORED)).toMatchObject({ objects, copied: objects });
    expect(await blog.mirrored()).toHaveLength(objects);
    const [name = ""] = await blog.ground.backups();
    const { content } = await blog.ground.manifest(name);
    const bytes = ODD_KEYS.reduce((sum, key) => sum + (key.endsWith("/") ? 0 : Buffer.byteLength(`first ${key}`)), 0);
    expect(content).toMatchObject([{ bucket: blog.content.name, prefix: "", objects, bytes }]);
    expect(content[0].list.key).toBe(`mysql/${name}/content-0.ndjson.zst`);
    const listed = await blog.run("list", "--long");
    expect(listed.stdout).toContain(`${objects} objects of ${blog.content.name}`);
  });

  it("is copied in the second night as far as it is new, and keeps both versions of what was overwritten", async () => {
    await blog.content.put("replicas/routes.yaml", "second");
    await blog.content.put("content/images/new.jpg", "new", METADATA);
    const run = await blog.run("run");
    ended(run);
    expect(told(run, MIRRORED)).toMatchObject({ objects: ODD_KEYS.length + 1, copied: 2 });
    const routes = (await blog.mirrored()).filter((key) => key.includes("routes.yaml"));
    const texts = await Promise.all(routes.map(async (key) => (await blog.ground.bucket.bytes(key)).toString()));
    expect(texts.toSorted()).toEqual(["first replicas/routes.yaml", "second"]);
    before = await blog.seen();
  });

  it("is taken along when only its metadata were changed", async () => {
    await blog.content.put("content/images/new.jpg", "new", { ...METADATA, ContentType: "image/webp" });
    const run = await blog.run("run");
    ended(run);
    expect(told(run, MIRRORED)).toMatchObject({ copied: 1 });
    before = await blog.seen();
    const mirror = (await blog.mirrored()).find((key) => key.includes("new.jpg"));
    expect((await blog.ground.bucket.head(mirror ?? "")).ContentType).toBe("image/webp");
  });

  it("comes back after the loss of the whole bucket and of the database, byte for byte", async () => {
    const { endpoint, region, accessKeyId, secretAccessKey } = blog.ground.store;
    const client = new S3Client({
      endpoint,
      region,
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
    });
    await blog.content.remove(...(await blog.content.keys()));
    await client.send(new DeleteBucketCommand({ Bucket: blog.content.name }));
    await blog.ground.source.drop("ghost");
    const early = await blog.run("restore", "latest", "--content");
    ended(early, 69);
    expect(early.stderr).toContain(`There is no bucket \\"${blog.content.name}\\"`);
    expect(await blog.ground.source.databases()).not.toContain("ghost");
    await blog.content.create();
    const run = await blog.run("restore", "latest", "--content", "--json");
    ended(run);
    expect(JSON.parse(run.stdout)).toMatchObject({
      rows: 2,
      content: [{ bucket: blog.content.name, into: blog.content.name, copied: ODD_KEYS.length + 1, kept: 0 }],
    });
    expect(await blog.seen()).toEqual(before);
  });

  it("of an older night comes back with what was there then", async () => {
    const [first = ""] = await blog.ground.backups();
    const other = new BucketView(blog.ground.store, `${blog.content.name}-then`);
    await other.create();
    ended(await blog.run("restore", first, "--content-only", "--content-into", `${blog.content.name}=${other.name}`));
    expect((await other.bytes("replicas/routes.yaml")).toString()).toBe("first replicas/routes.yaml");
    expect(await other.keys()).toHaveLength(ODD_KEYS.length);
  });

  it("that is there is kept, and what differs is replaced only when that is wished", async () => {
    const key = "replicas/routes.yaml";
    await blog.content.put(key, "third");
    await blog.content.remove("content/images/new.jpg");
    await blog.content.put("content/images/since.jpg", "made since");
    const kept = ODD_KEYS.length - 1;
    expect(await blog.restoreContent()).toMatchObject({ copied: 1, kept, replaced: 0, different: 1 });
    expect((await blog.content.bytes(key)).toString()).toBe("third");
    expect(await blog.restoreContent("--replace")).toMatchObject({ copied: 0, kept: kept + 1, replaced: 1 });
    expect((await blog.content.bytes(key)).toString()).toBe("second");
    expect((await blog.content.bytes("content/images/since.jpg")).toString()).toBe("made since");
    const routes = (await blog.mirrored()).filter((name) => name.includes("routes.yaml"));
    const texts = await Promise.all(routes.map(async (name) => (await blog.ground.bucket.bytes(name)).toString()));
    expect(texts).toContain("third");
  });

  it("is not asked for where there is none", async () => {
    const wrong = await blog.run("restore", "latest", "--content-only", "--content-into", "other-bucket=any-bucket");
    ended(wrong, 64);
    expect(wrong.stderr).toContain("has no content of a bucket");
  });
});

describeWith([docker], "much content", () => {
  it("of an encrypted backup is listed for the secret key only, fast and within the memory", async () => {
    const blog = await Blog.make();
    const COUNT = 3000;
    const keys = Array.from({ length: COUNT }, (_, index) => `content/images/${index % 12}/${index}.jpg`);
    for (let at = 0; at < COUNT; at += 50) {
      await Promise.all(keys.slice(at, at + 50).map((key) => blog.content.put(key, key, METADATA)));
    }
    const { generateX25519Identity, identityToRecipient } = await import("age-encryption");
    const identity = await generateX25519Identity();
    const secret = `/tmp/${blog.ground.user}.key`;
    await blog.ground.toolbox.write(secret, `${identity}\n`);
    const env = { ...blog.env, BACKUP_AGE_RECIPIENTS: await identityToRecipient(identity) };
    const first = await blog.ground.run(["run"], env);
    ended(first);
    expect(told(first, MIRRORED)).toMatchObject({ objects: COUNT, copied: COUNT });
    expect(first.peakMiB).toBeLessThanOrEqual(MIRROR_MIB);
    const second = await blog.ground.run(["run"], env);
    ended(second);
    expect(told(second, MIRRORED)).toMatchObject({ objects: COUNT, copied: 0 });
    const [, name = ""] = await blog.ground.backups();
    const { key } = (await blog.ground.manifest(name))["content"][0].list;
    expect((await blog.ground.bucket.bytes(key)).subarray(0, 21).toString()).toBe("age-encryption.org/v1");
    await blog.content.remove(...keys.slice(0, 1500));
    const begun = performance.now();
    const restored = await blog.ground.run(["restore", name, "--content-only", "--json", "--identity", secret], env);
    ended(restored);
    expect(JSON.parse(restored.stdout)).toMatchObject({ content: [{ copied: 1500, kept: 1500 }] });
    expect(restored.peakMiB).toBeLessThanOrEqual(MIRROR_MIB);
    // 50 a second would still be too slow for a real blog
    expect(performance.now() - begun).toBeLessThan(30_000);
  });
});
