import { randomBytes } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, docker } from "../../needs.ts";
import { Minio, type Bucket } from "./bucket.ts";
import { StorageCommand } from "./command.ts";

interface Result {
  readonly total: number;
  readonly copied: { readonly files: number; readonly bytes: number };
  readonly replaced: { readonly files: number };
  readonly present: { readonly files: number };
  readonly skipped: { readonly dotFiles: number; readonly sizes: number };
  readonly stopped: boolean;
  readonly conflicts: readonly { readonly key: string }[];
  readonly failed: readonly { readonly path: string; readonly reason: string }[];
}

const MAKER = "SecretCamera";
const MiB = 1024 * 1024;

/** All kinds of files that a blog of some years has. */
async function writeBlog(folder: string): Promise<void> {
  const photo = await sharp({ create: { width: 64, height: 48, channels: 3, background: "teal" } })
    .withExif({ IFD0: { Make: MAKER } })
    .jpeg()
    .toBuffer();
  const files: Record<string, string | Buffer> = {
    "images/2024/01/photo.jpg": photo,
    "images/2024/01/photo_o.jpg": photo,
    "images/2024/01/my photo (1) ü.jpg": photo,
    "images/2024/01/drawing.svg": '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "images/size/w600/2024/01/photo.jpg": photo,
    "images/.DS_Store": "x",
    "media/2024/01/clip.mp4": randomBytes(20 * MiB),
    "media/2024/01/clip_thumb.jpg": photo,
    "files/2024/01/page.html": "<script>alert(1)</script>",
    "files/2024/01/empty.txt": "",
  };
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
}

const COPIED = 8;

describeWith([docker], "storage-s3 migrate", () => {
  let minio: Minio;
  let command: StorageCommand;
  let folder: string;
  let content: string;

  beforeAll(async () => {
    minio = await Minio.start();
    command = await StorageCommand.build(minio.credentials);
    folder = await mkdtemp(join(tmpdir(), "storage-s3-blog-"));
    content = join(folder, "content");
    await writeBlog(content);
  });

  afterAll(async () => {
    await command?.remove();
    await minio?.stop();
    if (folder) await rm(folder, { recursive: true });
  });

  async function migrate(source: string, bucket: Bucket, ...more: string[]): Promise<Result & { exitCode: number }> {
    const { exitCode, stdout, stderr } = await command.run(["migrate", source, ...bucket.flags, "--json", ...more]);
    if (!stdout) throw new Error(stderr);
    return { exitCode: exitCode ?? -1, ...(JSON.parse(stdout) as Result) };
  }

  test("copies a content folder as uploads would be stored", async () => {
    const bucket = await minio.bucket();
    const result = await migrate(content, bucket, "--verify", "full", "--tenant-prefix", "anna");
    expect(result).toMatchObject({
      exitCode: 0,
      total: COPIED,
      copied: { files: COPIED },
      skipped: { dotFiles: 1, sizes: 1 },
      conflicts: [],
      failed: [],
    });
    expect(await bucket.keys()).toHaveLength(COPIED);
    const photo = await bucket.head("anna/content/images/2024/01/photo.jpg");
    expect(photo).toMatchObject({ ContentType: "image/jpeg", CacheControl: "public, max-age=31536000, immutable" });
    expect(photo.Metadata?.["source-sha256"]).toMatch(/^[0-9a-f]{64}$/);
    expect((await bucket.read("anna/content/images/2024/01/photo.jpg")).includes(MAKER)).toBe(false);
    expect((await bucket.read("anna/content/images/2024/01/my photo (1) ü.jpg")).length).toBeGreaterThan(0);
    expect(await bucket.head("anna/content/images/2024/01/drawing.svg")).toMatchObject({
      ContentDisposition: "attachment",
    });
    expect(await bucket.head("anna/content/files/2024/01/page.html")).toMatchObject({ ContentType: "text/plain" });
    expect(await bucket.head("anna/content/media/2024/01/clip_thumb.jpg")).toMatchObject({
      CacheControl: "public, max-age=300",
    });
    const clip = await bucket.read("anna/content/media/2024/01/clip.mp4");
    expect(clip.equals(await readFile(join(content, "media/2024/01/clip.mp4")))).toBe(true);
  });

  test("changes nothing in a dry run", async () => {
    const bucket = await minio.bucket();
    expect(await migrate(content, bucket, "--dry-run")).toMatchObject({ exitCode: 0, copied: { files: COPIED } });
    expect((await bucket.objects()).size).toBe(0);
  });

  test("leaves what is there already, and what is something else, alone", async () => {
    const bucket = await minio.bucket();
    await migrate(content, bucket);
    await bucket.put("content/files/2024/01/page.html", "something else");
    const before = await bucket.objects();
    const again = await migrate(content, bucket);
    expect(again).toMatchObject({
      exitCode: 1,
      copied: { files: 0 },
      present: { files: COPIED - 1 },
      conflicts: [{ key: "content/files/2024/01/page.html" }],
    });
    expect(await bucket.objects()).toEqual(before);
    const forced = await migrate(content, bucket, "--overwrite");
    expect(forced).toMatchObject({ exitCode: 0, replaced: { files: 1 }, present: { files: COPIED - 1 } });
    expect((await bucket.read("content/files/2024/01/page.html")).toString()).toContain("alert");
  });

  test("recognises a file although the options have changed since", async () => {
    const bucket = await minio.bucket();
    const config = join(folder, "config.production.json");
    await writeFile(
      config,
      JSON.stringify({ storage: { active: "s3", s3: { bucket: bucket.name, imageMetadata: "keep" } } }),
    );
    const images = ["--feature", "images"];
    expect(await migrate(content, bucket, ...images)).toMatchObject({ copied: { files: 4 } });
    expect(await migrate(content, bucket, ...images, "--config", config)).toMatchObject({ present: { files: 4 } });
  });

  test("goes on after it was killed, and copies nothing twice", async () => {
    const bucket = await minio.bucket();
    const source = join(folder, "large");
    await mkdir(join(source, "images/2024/01"), { recursive: true });
    for (let index = 0; index < 300; index += 1) {
      await writeFile(join(source, `images/2024/01/${index}.bin`), randomBytes(200_000));
    }
    await mkdir(join(source, "media/2024/01"), { recursive: true });
    await writeFile(join(source, "media/2024/01/clip.mp4"), randomBytes(30 * MiB));
    const first = command.start(["migrate", source, ...bucket.flags, "--concurrency", "2"]);
    while ((await bucket.keys()).length < 40) await delay(20);
    first.kill("SIGKILL");
    await first;
    const before = await bucket.objects();
    expect(before.size).toBeLessThan(301);
    const second = await migrate(source, bucket, "--verify", "full");
    expect(second).toMatchObject({ exitCode: 0, total: 301, conflicts: [], failed: [] });
    expect(second.copied.files + second.present.files).toBe(301);
    const after = await bucket.objects();
    expect((await bucket.keys()).length).toBe(301);
    expect(new Map([...after].filter(([key]) => before.has(key)))).toEqual(before);
  });

  test("ends in order when it is interrupted", async () => {
    const bucket = await minio.bucket();
    const run = command.start(["migrate", join(folder, "large"), ...bucket.flags, "--json", "--concurrency", "1"]);
    while ((await bucket.keys()).length < 10) await delay(20);
    run.kill("SIGINT");
    const { exitCode, stdout, stderr } = await run;
    const result = JSON.parse(stdout) as Result;
    expect(stderr).toContain("Stopping");
    expect(result).toMatchObject({ stopped: true, failed: [] });
    expect(result.copied.files).toBe((await bucket.keys()).length);
    expect(exitCode).toBe(1);
  });

  test("two at a time share the work without a conflict", async () => {
    const bucket = await minio.bucket();
    const both = await Promise.all([migrate(content, bucket), migrate(content, bucket)]);
    expect(both.map(({ exitCode, conflicts, failed }) => [exitCode, conflicts, failed])).toEqual([
      [0, [], []],
      [0, [], []],
    ]);
    expect(await bucket.keys()).toHaveLength(COPIED);
  });

  test("tells what cannot be read and goes on", async () => {
    const bucket = await minio.bucket();
    const source = join(folder, "damaged");
    await cp(content, source, { recursive: true });
    await symlink("nowhere", join(source, "files/2024/01/dangling"));
    await symlink("..", join(source, "files/2024/loop"));
    await writeFile(join(source, `images/2024/01/broken.webp`), "RIFF\xff\0\0\0WEBPVP8 ");
    const result = await migrate(source, bucket);
    expect(result.exitCode).toBe(1);
    const failed = result.failed.map(({ path }) => path);
    expect(failed).toEqual(expect.arrayContaining(["2024/01/dangling", "2024/01/broken.webp"]));
    expect(result.copied.files).toBe(COPIED);
  });

  test("makes the configured sizes, and copies those that exist when told to", async () => {
    const bucket = await minio.bucket();
    const config = join(folder, "sizes.json");
    const s3 = { bucket: bucket.name, variants: { sizes: ["w30"], formats: ["webp"] }, originals: "private" };
    await writeFile(config, JSON.stringify({ storage: { active: "s3", s3 } }));
    const args = [...bucket.flags, "--config", config, "--feature", "images"];
    const refused = await command.run(["migrate", content, ...args]);
    expect([refused.exitCode, await bucket.keys()]).toEqual([2, []]);
    expect(refused.stderr).toMatch(/sharp.*Nothing was copied/s);
    await command.addSharp();
    const result = await migrate(content, bucket, "--config", config, "--feature", "images", "--with-sizes");
    expect(result).toMatchObject({ exitCode: 0, warnings: [] });
    expect(await bucket.keys()).toEqual(
      expect.arrayContaining([
        "content/images/size/w30/2024/01/photo.jpg",
        "content/images/size/w30/format/webp/2024/01/photo.jpg",
        "content/images/size/w600/2024/01/photo.jpg",
        "private/content/images/2024/01/photo_o.jpg",
      ]),
    );
    expect((await bucket.read("private/content/images/2024/01/photo_o.jpg")).includes(MAKER)).toBe(true);
  });

  test("copies another bucket, and asks it for nothing again", async () => {
    const [source, target] = [await minio.bucket(), await minio.bucket()];
    await migrate(content, source, "--tenant-prefix", "old");
    await source.put("old/content/images/2024/02/raw.jpg", await readFile(join(content, "images/2024/01/photo.jpg")));
    const from = ["--source-endpoint", minio.endpoint];
    const first = await migrate(`s3://${source.name}/old`, target, ...from);
    expect(first).toMatchObject({ exitCode: 0, copied: { files: COPIED + 1 } });
    expect((await target.read("content/images/2024/02/raw.jpg")).includes(MAKER)).toBe(false);
    const second = await migrate(`s3://${source.name}/old`, target, ...from);
    expect(second).toMatchObject({ exitCode: 0, copied: { files: 0 }, present: { files: COPIED + 1 } });
  });

  test("takes a folder of one feature, and prints the next steps", async () => {
    const bucket = await minio.bucket();
    const args = ["migrate", join(content, "files"), ...bucket.flags, "--feature", "files"];
    const { exitCode, stdout } = await command.run([...args, "--cdn-url", "https://cdn.example.com"]);
    expect(exitCode).toBe(0);
    expect(await bucket.keys()).toEqual(["content/files/2024/01/empty.txt", "content/files/2024/01/page.html"]);
    expect(stdout).toContain('"adapter": "@stateless-ghost/storage-s3/files"');
    expect(stdout).toContain('"files": "https://cdn.example.com"');
  });

  test("copies nothing without the right to list", async () => {
    const bucket = await minio.bucket();
    const { exitCode, stderr } = await command.run(["migrate", content, ...bucket.flags], {
      AWS_SECRET_ACCESS_KEY: "x",
    });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/refused ListObjectsV2.*Nothing was copied/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
