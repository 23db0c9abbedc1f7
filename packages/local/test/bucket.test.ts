import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBucket, type Bucket } from "../src/bucket.ts";

let directory: string;
let bucket: Bucket;
let s3: S3Client;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "bucket-"));
  bucket = await startBucket({ directory });
  s3 = client(bucket);
});

afterAll(async () => {
  s3.destroy();
  await bucket.close();
  await rm(directory, { recursive: true });
});

function client({ endpoint, region, ...credentials }: Bucket, more: S3ClientConfig = {}): S3Client {
  return new S3Client({ endpoint, region, forcePathStyle: true, credentials, ...more });
}

function put(key: string, body: string | Uint8Array = "body", more: object = {}) {
  return s3.send(new PutObjectCommand({ Bucket: bucket.name, Key: key, Body: body, ...more }));
}

async function get(key: string, more: object = {}) {
  const answer = await s3.send(new GetObjectCommand({ Bucket: bucket.name, Key: key, ...more }));
  return { answer, text: await answer.Body?.transformToString() };
}

function failure(promise: Promise<unknown>) {
  return promise.then(
    () => "no error",
    (error: { name: string; $metadata?: { httpStatusCode: number } }) =>
      `${error.$metadata?.httpStatusCode} ${error.name}`,
  );
}

describe("objects", () => {
  it.each(["a b.png", "город.png", "a+b&c=d.png", "a#b?c%d.png", "'(*)!.png", "a@b:c,d;e.png"])(
    "keeps %s with its type, cache rules and metadata",
    async (name) => {
      const key = `content/images/2026/11/${name}`;
      await put(key, "x".repeat(10), {
        ContentType: "image/png",
        CacheControl: "public, max-age=31536000, immutable",
        ContentDisposition: 'attachment; filename="a.png"',
        Metadata: { original: "a.png" },
      });
      const { answer, text } = await get(key);
      expect(text).toBe("xxxxxxxxxx");
      expect(answer).toMatchObject({
        ContentType: "image/png",
        CacheControl: "public, max-age=31536000, immutable",
        ContentDisposition: 'attachment; filename="a.png"',
        Metadata: { original: "a.png" },
        ContentLength: 10,
        ETag: `"${createHash("md5").update("xxxxxxxxxx").digest("hex")}"`,
      });
      const copy = `copy/${name}`;
      const CopySource = `${bucket.name}/${key.split("/").map(encodeURIComponent).join("/")}`;
      await s3.send(new CopyObjectCommand({ Bucket: bucket.name, Key: copy, CopySource }));
      expect((await get(copy)).answer).toMatchObject({ ContentType: "image/png", Metadata: { original: "a.png" } });
      const head = await s3.send(new HeadObjectCommand({ Bucket: bucket.name, Key: copy }));
      expect(head.ContentLength).toBe(10);
    },
  );

  it.each([
    ["bytes=0-0", "0", "bytes 0-0/10"],
    ["bytes=2-4", "234", "bytes 2-4/10"],
    ["bytes=7-", "789", "bytes 7-9/10"],
    ["bytes=8-100", "89", "bytes 8-9/10"],
    ["bytes=-3", "789", "bytes 7-9/10"],
    ["bytes=-100", "0123456789", "bytes 0-9/10"],
    ["lines=1-2", "0123456789", undefined],
  ])("answers %s", async (Range, bytes, contentRange) => {
    await put("digits", "0123456789");
    const { answer, text } = await get("digits", { Range });
    expect(text).toBe(bytes);
    expect(answer.ContentRange).toBe(contentRange);
    expect(answer.$metadata.httpStatusCode).toBe(contentRange ? 206 : 200);
  });

  it("refuses a range outside the object, and what does not exist", async () => {
    await put("digits", "0123456789");
    expect(await failure(get("digits", { Range: "bytes=10-" }))).toBe("416 InvalidRange");
    expect(await failure(get("absent"))).toBe("404 NoSuchKey");
    expect(await failure(s3.send(new HeadObjectCommand({ Bucket: bucket.name, Key: "absent" })))).toBe("404 NotFound");
    expect(await failure(s3.send(new HeadBucketCommand({ Bucket: "absent" })))).toBe("404 NotFound");
  });

  it("answers a conditional read", async () => {
    const { ETag } = await put("conditional");
    expect(await failure(get("conditional", { IfNoneMatch: ETag }))).toMatch(/^304/);
  });

  it("keeps an empty object", async () => {
    await put("empty", "");
    expect((await get("empty")).text).toBe("");
  });

  it("takes a new ETag when a copy brings new metadata", async () => {
    await put("one", "one");
    await put("two", "two");
    const CopySource = `${bucket.name}/one`;
    await s3.send(
      new CopyObjectCommand({
        Bucket: bucket.name,
        Key: "two",
        CopySource,
        MetadataDirective: "REPLACE",
        ContentType: "a/b",
      }),
    );
    const { answer, text } = await get("two");
    expect(text).toBe("one");
    expect(answer).toMatchObject({ ContentType: "a/b", ETag: `"${createHash("md5").update("one").digest("hex")}"` });
  });

  it("deletes one, many, and what is not there, while others are written beside", async () => {
    const keys = Array.from({ length: 30 }, (_, index) => `many/${index}`);
    await Promise.all(keys.map((key) => put(key)));
    const Objects = keys.map((Key) => ({ Key }));
    await Promise.all([
      s3.send(new DeleteObjectsCommand({ Bucket: bucket.name, Delete: { Objects } })),
      ...keys.map((key) => put(`${key}-new`)),
    ]);
    await s3.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: "many/none/here" }));
    const left = await s3.send(new ListObjectsV2Command({ Bucket: bucket.name, Prefix: "many/" }));
    expect(left.KeyCount).toBe(30);
  });

  it("leaves nothing of an upload that breaks off, and the old object as it was", async () => {
    await put("broken", "old");
    const half = new Readable({ read: () => {} });
    half.push(randomBytes(100_000));
    const gone = new AbortController();
    setTimeout(() => gone.abort(), 100);
    const plain = client(bucket, { requestChecksumCalculation: "WHEN_REQUIRED", maxAttempts: 1 });
    const upload = plain.send(
      new PutObjectCommand({ Bucket: bucket.name, Key: "broken", Body: half, ContentLength: 1_000_000 }),
      { abortSignal: gone.signal },
    );
    await expect(upload).rejects.toThrow("abort");
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await get("broken")).text).toBe("old");
  });

  it("answers only who signs", async () => {
    await put("private");
    const answer = await fetch(`${bucket.endpoint}/${bucket.name}/private`);
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain("<Code>AccessDenied</Code>");
    expect((await fetch(`${bucket.endpoint}/${bucket.name}?uploads`)).status).toBe(403);
  });

  it("does not let a key lead out of the bucket", async () => {
    const answer = await fetch(`${bucket.endpoint}/${bucket.name}/..%2f..%2fescaped`, {
      headers: { authorization: "none" },
    });
    expect(answer.status).toBe(400);
  });
});

describe("multipart uploads", () => {
  const Key = "content/media/video.mp4";
  const bytes = randomBytes(6_000_000);

  async function begin(key = Key) {
    const { UploadId } = await s3.send(
      new CreateMultipartUploadCommand({ Bucket: bucket.name, Key: key, ContentType: "video/mp4" }),
    );
    return { Bucket: bucket.name, Key: key, UploadId };
  }

  async function parts(upload: { Bucket: string; Key: string; UploadId: string | undefined }) {
    const sent = [bytes.subarray(0, 5_242_880), bytes.subarray(5_242_880)].map(async (Body, index) => {
      const PartNumber = index + 1;
      const { ETag } = await s3.send(new UploadPartCommand({ ...upload, PartNumber, Body }));
      return { PartNumber, ETag };
    });
    return { Parts: await Promise.all(sent) };
  }

  it("puts the parts together", async () => {
    const upload = await begin();
    const MultipartUpload = await parts(upload);
    const listed = await s3.send(new ListPartsCommand(upload));
    expect(listed.Parts?.map((part) => part.Size)).toEqual([5_242_880, 757_120]);
    const { ETag } = await s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload }));
    expect(ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
    const answer = await s3.send(new GetObjectCommand({ Bucket: bucket.name, Key }));
    expect(answer.ContentType).toBe("video/mp4");
    expect(Buffer.compare(Buffer.from(await answer.Body!.transformToByteArray()), bytes)).toBe(0);
    const { Uploads } = await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket.name }));
    expect(Uploads ?? []).toEqual([]);
  });

  it("forgets an aborted upload", async () => {
    const upload = await begin("aborted");
    const MultipartUpload = await parts(upload);
    const { Uploads } = await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket.name, Prefix: "abo" }));
    expect(Uploads?.map((one) => one.Key)).toEqual(["aborted"]);
    await s3.send(new AbortMultipartUploadCommand(upload));
    expect(await failure(s3.send(new AbortMultipartUploadCommand(upload)))).toBe("404 NoSuchUpload");
    const complete = s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload }));
    expect(await failure(complete)).toBe("404 NoSuchUpload");
    expect(await failure(get("aborted"))).toBe("404 NoSuchKey");
  });

  it("refuses a part that was never sent", async () => {
    const upload = await begin("incomplete");
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: '"0"' }] };
    const complete = s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload }));
    expect(await failure(complete)).toBe("400 InvalidPart");
  });

  it("lets one of two conditional completions win", async () => {
    const uploads = [await begin("contested"), await begin("contested")];
    const outcomes = uploads.map(async (upload) => {
      const MultipartUpload = await parts(upload);
      return failure(s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload, IfNoneMatch: "*" })));
    });
    expect((await Promise.all(outcomes)).toSorted()).toEqual(["412 PreconditionFailed", "no error"]);
  });
});

describe("conditional writes", () => {
  it("let one of many win", async () => {
    const outcomes = Array.from({ length: 20 }, (_, index) =>
      failure(put("race", `writer ${index}`, { IfNoneMatch: "*" })),
    );
    const won = (await Promise.all(outcomes)).filter((outcome) => outcome === "no error");
    expect(won).toHaveLength(1);
  });

  it("are ignored by a store of the older kind", async () => {
    const old = await startBucket({ directory: join(directory, "old"), conditionalWrites: false });
    const writer = client(old);
    const write = () => writer.send(new PutObjectCommand({ Bucket: old.name, Key: "a", Body: "a", IfNoneMatch: "*" }));
    await write();
    await expect(write()).resolves.toBeDefined();
    writer.destroy();
    await old.close();
  });
});

describe("listings", () => {
  it("are in the order of the keys, page by page, without loss", async () => {
    const keys = ["list/a/x", "list/a-b", "list/a.b", "list/a", "list/z", "list/я"];
    await Promise.all(keys.map((key) => put(key)));
    const found: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await s3.send(
        new ListObjectsV2Command({ Bucket: bucket.name, Prefix: "list/", MaxKeys: 2, ContinuationToken }),
      );
      found.push(...(page.Contents ?? []).map((object) => object.Key!));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken);
    expect(found).toEqual(["list/a", "list/a-b", "list/a.b", "list/a/x", "list/z", "list/я"]);
  });

  it("fold what lies behind a delimiter", async () => {
    await Promise.all(["fold/one", "fold/deep/two", "fold/deep/three"].map((key) => put(key)));
    const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket.name, Prefix: "fold/", Delimiter: "/" }));
    expect(page.CommonPrefixes).toEqual([{ Prefix: "fold/deep/" }]);
    expect(page.Contents?.map((object) => object.Key)).toEqual(["fold/one"]);
  });
});
