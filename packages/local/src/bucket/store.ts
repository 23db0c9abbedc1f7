import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import S3Error from "@20minutes/s3rver/lib/models/error.js";
import S3Object, { type Metadata } from "@20minutes/s3rver/lib/models/object.js";
import FilesystemStore, { type Listing, type Stored } from "@20minutes/s3rver/lib/stores/filesystem.js";

const OBJECT_SUFFIX = "._S3rver_object";
const UPLOADS = "._S3rver_uploads";

/**
 * s3rver's file store with the guarantees of S3 that a blog relies on: an object is whole or absent, a listing is
 * in the order of the keys, and deleting one key never disturbs a write beside it.
 *
 * No `#private` members: a request may get a view of the store made with Object.create.
 */
export class BucketStore extends FilesystemStore {
  /** Beside the buckets, not among them: s3rver takes every folder in its root for a bucket. */
  private readonly incoming = `${this.rootDirectory}.incoming`;

  /** Makes the folders, and drops what a killed process left half-written. */
  async open(): Promise<void> {
    await rm(this.incoming, { recursive: true, force: true });
    await mkdir(this.incoming, { recursive: true });
    await mkdir(this.rootDirectory, { recursive: true });
  }

  /** s3rver writes into place, so that an upload that breaks off leaves a truncated file. */
  override async putContent(path: string, content: Readable): Promise<[size: number, md5: string]> {
    const { temporary, size, md5 } = await this.receive(content);
    await mkdir(dirname(path), { recursive: true });
    await rename(temporary, path);
    return [size, md5];
  }

  /** The metadata goes first: whoever sees the object must see its type and cache rules too. */
  override async putObject(object: S3Object): Promise<Stored> {
    const { temporary, size, md5 } = await this.receive(object.content);
    await this.commit(object, temporary, md5);
    return { size, md5 };
  }

  private async receive(content: Readable): Promise<Stored & { temporary: string }> {
    const temporary = join(this.incoming, randomUUID());
    try {
      const [size, md5] = await super.putContent(temporary, content);
      return { temporary, size, md5 };
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  private async commit({ bucket, key, metadata }: S3Object, temporary: string, etag: string): Promise<void> {
    const path = this.getResourcePath(bucket, key, "object");
    try {
      await mkdir(dirname(path), { recursive: true });
      await this.putMetadata(bucket, key, metadata, etag);
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  async sizeOf(bucket: string, key: string): Promise<number | undefined> {
    return (await stat(this.getResourcePath(bucket, key, "object")).catch(absent))?.size;
  }

  /** s3rver takes `bytes=0-0` for the whole object. */
  override async getObject(
    bucket: string,
    key: string,
    range: { start?: number; end?: number } = {},
  ): Promise<S3Object | null> {
    const metadata = await this.getMetadata(bucket, key).catch(absent);
    if (!metadata) return null;
    const last = Number(metadata["content-length"]) - 1;
    const ranged = range.start !== undefined || range.end !== undefined;
    const start = range.start ?? 0;
    const end = Math.min(range.end ?? last, last);
    const object = new S3Object(bucket, key, null, metadata);
    if (ranged) object.range = { start, end };
    if (ranged && start > end) return object;
    // an open descriptor keeps these bytes readable while the key is overwritten or deleted
    const file = await open(this.getResourcePath(bucket, key, "object")).catch(absent);
    if (!file) return null;
    object.content = last < 0 ? file.createReadStream() : file.createReadStream({ start, end });
    return object;
  }

  /** s3rver keeps the old object's ETag when the copy brings new metadata. */
  override async copyObject(
    sourceBucket: string,
    sourceKey: string,
    bucket: string,
    key: string,
    metadata: Metadata | null,
  ): Promise<Metadata> {
    const source = await this.getObject(sourceBucket, sourceKey);
    if (!source) throw new S3Error("NoSuchKey", "The specified key does not exist.", { Key: sourceKey });
    await this.putObject(new S3Object(bucket, key, source.content, metadata ?? source.metadata));
    return this.getMetadata(bucket, key);
  }

  /** s3rver also removes folders that became empty, under the feet of a write that has just made them. */
  override async deleteObject(bucket: string, key: string): Promise<void> {
    for (const resource of ["object", "object.md5", "metadata.json", "tagging.xml"]) {
      await rm(this.getResourcePath(bucket, key, resource), { force: true });
    }
  }

  /** s3rver lists in the order of folders and pages by key, so that a second page can leave keys out. */
  override async listObjects(bucket: string, { prefix = "", delimiter = "", startAfter = "", maxKeys }: Listing) {
    const keys: string[] = [];
    const commonPrefixes = new Set<string>();
    let isTruncated = false;
    for (const key of await this.keys(bucket, prefix)) {
      if (Buffer.compare(Buffer.from(key), Buffer.from(startAfter)) <= 0) continue;
      const cut = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
      if (cut >= 0) {
        commonPrefixes.add(key.slice(0, cut + delimiter.length));
        continue;
      }
      isTruncated = keys.length >= (maxKeys ?? Infinity);
      if (isTruncated) break;
      keys.push(key);
    }
    const objects: S3Object[] = [];
    for (const key of keys) {
      const metadata = await this.getMetadata(bucket, key).catch(absent);
      if (metadata) objects.push(new S3Object(bucket, key, null, metadata));
    }
    return { objects, commonPrefixes: [...commonPrefixes].toSorted(), isTruncated };
  }

  private async keys(bucket: string, prefix: string): Promise<string[]> {
    const root = this.getBucketPath(bucket);
    const folder = prefix.includes("/") ? prefix.slice(0, prefix.lastIndexOf("/") + 1) : "";
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(absent);
    return (entries ?? [])
      .filter((entry) => entry.isFile() && entry.name.endsWith(OBJECT_SUFFIX))
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1, -OBJECT_SUFFIX.length))
      .filter((key) => key.startsWith(prefix) && !key.startsWith(UPLOADS))
      .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  /** s3rver does not look whether the upload and its parts exist, and a missing part ends the process. */
  override async putObjectMultipart(
    bucket: string,
    uploadId: string,
    parts: { number: number; etag: string }[],
  ): Promise<Stored> {
    const upload = await this.readUpload(bucket, uploadId);
    const digests: Buffer[] = [];
    for (const { number, etag } of parts) {
      const md5 = await readFile(join(upload.folder, `${number}.md5`), "utf8").catch(absent);
      if (!md5 || md5 !== etag) {
        throw new S3Error("InvalidPart", "One or more of the specified parts could not be found.", {
          UploadId: uploadId,
          PartNumber: number,
        });
      }
      digests.push(Buffer.from(md5, "hex"));
    }
    const files = parts.map(({ number }) => join(upload.folder, String(number)));
    const { temporary, size } = await this.receive(Readable.from(concatenate(files), { objectMode: false }));
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
    const md5 = `${createHash("md5").update(Buffer.concat(digests)).digest("hex")}-${parts.length}`;
    await this.commit(new S3Object(bucket, upload.key, null, upload.metadata), temporary, md5);
    await rm(upload.folder, { recursive: true, force: true });
    return { size, md5 };
  }

  /** @throws NoSuchUpload */
  async readUpload(bucket: string, uploadId: string) {
    const folder = this.uploadFolder(bucket, uploadId);
    const key = await readFile(join(folder, "key"), "utf8").catch(absent);
    if (key === undefined) {
      throw new S3Error(
        "NoSuchUpload",
        "The specified multipart upload does not exist. It may have been aborted or completed.",
        { UploadId: uploadId },
      );
    }
    const metadata = JSON.parse(await readFile(join(folder, "metadata"), "utf8")) as Metadata;
    const { birthtime } = await stat(folder);
    return { uploadId, folder, key, metadata, initiated: birthtime };
  }

  async abortUpload(bucket: string, uploadId: string): Promise<void> {
    const { folder } = await this.readUpload(bucket, uploadId);
    await rm(folder, { recursive: true, force: true });
  }

  async listUploads(bucket: string, prefix = "") {
    const ids = await readdir(join(this.getBucketPath(bucket), UPLOADS)).catch(absent);
    const uploads = await Promise.all((ids ?? []).map((id) => this.readUpload(bucket, id).catch(() => undefined)));
    return uploads.filter((upload) => upload !== undefined).filter(({ key }) => key.startsWith(prefix));
  }

  async listParts(bucket: string, uploadId: string) {
    const { folder } = await this.readUpload(bucket, uploadId);
    const names = (await readdir(folder)).filter((name) => /^\d+$/.test(name));
    const parts = names.map(async (name) => ({
      number: Number(name),
      size: (await stat(join(folder, name))).size,
      etag: await readFile(join(folder, `${name}.md5`), "utf8"),
    }));
    return (await Promise.all(parts)).toSorted((a, b) => a.number - b.number);
  }

  private uploadFolder(bucket: string, uploadId: string): string {
    // the identifier comes from the request and must not lead out of the folder
    return join(this.getBucketPath(bucket), UPLOADS, uploadId.replaceAll(/[^0-9a-f]/g, "_"));
  }
}

async function* concatenate(files: string[]): AsyncGenerator<Buffer> {
  for (const file of files) yield* createReadStream(file) as AsyncIterable<Buffer>;
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
}
