import { randomBytes } from "node:crypto";
import {
  CreateMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, expect, it } from "vitest";
import { likeness, sameBytes } from "../../packages/backup/src/content/comparison.ts";
import { copyVersion, type Version } from "../../packages/backup/src/content/version-copy.ts";
import { copyObject } from "../../packages/backup/src/store/copy.ts";
import { Store } from "../../packages/backup/src/store/store.ts";
import { jsonLog } from "../../packages/backup/src/log.ts";
import { BucketView } from "../integration/bucket-view.ts";
import { describeWith, docker } from "../needs.ts";
import { Ground } from "./ground.ts";

const MiB = 1024 * 1024;
const log = jsonLog(() => {});
const { signal } = new AbortController();

describeWith([docker], "a copy inside the store", () => {
  let ground: Ground;
  let content: BucketView;
  let client: S3Client;
  let from: Store;
  let to: Store;

  beforeAll(async () => {
    ground = await Ground.make();
    content = new BucketView(ground.store, `${ground.bucket.name}-source`);
    await content.create();
    const { endpoint, region, accessKeyId, secretAccessKey } = ground.store;
    client = new S3Client({ endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } });
    const options = { bucket: ground.bucket.name, region, endpoint, forcePathStyle: true, bucketTimeout: 5000 };
    to = new Store(options, client);
    from = to.inBucket(content.name);
  });

  async function versionOf(key: string, store = from): Promise<Version> {
    const head = await store.head(key);
    if (!head) throw new Error(`There is no ${key}.`);
    return head;
  }

  const copy = (version: Version, exact = false) =>
    copyVersion({
      from,
      version,
      to,
      name: ({ key, etag }) => `copy/${key}/${etag}`,
      ...(exact && { exact }),
      effect: "",
      log,
      signal,
    });

  it("of a large object goes by parts, with its metadata", async () => {
    const bytes = randomBytes(12 * MiB + 1);
    const metadata = {
      ContentType: "video/mp4",
      CacheControl: "max-age=1",
      ContentDisposition: "inline",
      ContentLanguage: "en",
      Expires: new Date("2030-01-01T00:00:00Z"),
      Metadata: { mark: "a b" },
    };
    await content.put("a b+ü.mp4", bytes, metadata);
    const object = await versionOf("a b+ü.mp4");
    const etag = await copyObject({ from, object, to, key: "large", log, signal, partBytes: 5 * MiB });
    expect(etag).toMatch(/-3"?$/);
    expect((await ground.bucket.bytes("large")).equals(bytes)).toBe(true);
    const { ContentType, CacheControl, ContentDisposition, ContentLanguage, ExpiresString, Metadata } =
      await ground.bucket.head("large");
    expect({ ContentType, CacheControl, ContentDisposition, ContentLanguage, Metadata }).toEqual({
      ContentType: "video/mp4",
      CacheControl: "max-age=1",
      ContentDisposition: "inline",
      ContentLanguage: "en",
      Metadata: { mark: "a b" },
    });
    expect(new Date(ExpiresString ?? "")).toEqual(metadata.Expires);
    const made = { store: to, object: { key: "large", size: object.size, etag } };
    expect(await sameBytes({ store: from, object }, made, signal)).toBe(true);
  });

  it("of a large object that is another one by now leaves no parts", async () => {
    await content.put("changing.mp4", randomBytes(11 * MiB));
    const object = await versionOf("changing.mp4");
    await content.put("changing.mp4", randomBytes(11 * MiB));
    const copying = copyObject({ from, object, to, key: "changed", log, signal, partBytes: 5 * MiB });
    await expect(copying).rejects.toMatchObject({ $metadata: { httpStatusCode: 412 } });
    expect(await ground.bucket.uploads()).toEqual([]);
  });

  it("is compared by its bytes where the store has nothing to compare", async () => {
    const place = { Bucket: content.name, Key: "parts.bin" };
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(place));
    const body = randomBytes(5 * MiB);
    const Parts = [];
    for (const PartNumber of [1, 2]) {
      const { ETag } = await client.send(new UploadPartCommand({ ...place, UploadId, PartNumber, Body: body }));
      Parts.push({ PartNumber, ETag });
    }
    await client.send(new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload: { Parts } }));
    const copied = await copy(await versionOf("parts.bin"));
    if (!copied) throw new Error("It is gone.");
    expect((await ground.bucket.bytes(copied.key)).equals(Buffer.concat([body, body]))).toBe(true);
    const object = await versionOf("parts.bin");
    const made = { store: to, object: await versionOf(copied.key, to) };
    expect(await likeness({ store: from, object }, made)).toBe("unknown");
    expect(await sameBytes({ store: from, object }, made, signal)).toBe(true);
    const wrong = Buffer.concat([body, body]);
    wrong[7] = (wrong[7] ?? 0) ^ 1;
    await ground.bucket.put("wrong", wrong);
    const other = { store: to, object: await versionOf("wrong", to) };
    expect(await sameBytes({ store: from, object }, other, signal)).toBe(false);
    expect(await likeness({ store: from, object: { ...object, size: 1 } }, other)).toBe("different");
  });

  it("takes what is there by now, unless no other version will do", async () => {
    await content.put("routes.yaml", "first");
    const version = await versionOf("routes.yaml");
    await content.put("routes.yaml", "the second");
    const copied = await copy(version);
    expect(copied?.version.size).toBe(10);
    expect((await ground.bucket.bytes(copied?.key ?? "")).toString()).toBe("the second");
    await expect(copy(version, true)).rejects.toThrow(/routes\.yaml.*Another one lies there/);
  });

  it("knows what was deleted, and never takes a missing bucket for it", async () => {
    await content.put("gone.jpg", "x");
    const version = await versionOf("gone.jpg");
    await content.remove("gone.jpg");
    expect(await copy(version)).toBeUndefined();
    const nowhere = { from: to.inBucket("no-such-bucket"), version, to, name: () => "x", effect: "", log, signal };
    await expect(copyVersion(nowhere)).rejects.toThrow(/There is no bucket "no-such-bucket"/);
  });
});
