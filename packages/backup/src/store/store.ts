import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  RestoreObjectCommand,
  S3Client,
  UploadPartCommand,
  type CompletedPart,
  type CreateMultipartUploadCommandInput,
  type HeadObjectCommandOutput,
} from "@aws-sdk/client-s3";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { Options } from "../configuration/schema.ts";
import { thawStateOf, type ThawState, type ThawTier } from "./archive.ts";
import { isMissing, storeFailure } from "./failure.ts";

/** A bucket out of order for a moment costs no backup. */
const ATTEMPTS = 5;

const CONNECT_TIMEOUT_MS = 5000;

export type StoreOptions = Pick<Options, "bucket" | "region" | "endpoint" | "forcePathStyle" | "bucketTimeout">;

export interface StoredObject {
  readonly key: string;
  readonly size: number;
  readonly storageClass: string;
  readonly etag: string | undefined;
  readonly modified: Date | undefined;
  /** Of buckets that keep versions. */
  readonly version?: string | undefined;
  /** Of archived objects that were asked for; listings do not tell. */
  readonly restore?: ThawState | undefined;
  /** Of the whole object, by algorithm; listings have none, and neither has every store. */
  readonly checksums?: Readonly<Record<string, string>>;
}

/** What an object has beside its bytes. */
export type ObjectHeaders = Omit<CreateMultipartUploadCommandInput, "Bucket" | "Key">;

export interface CompletedUpload {
  /** Of buckets that keep versions. */
  readonly version: string | undefined;
  readonly etag: string | undefined;
}

/** The bucket of the backups, with its errors made clear. */
export class Store {
  readonly bucket: string;
  readonly client: S3Client;
  readonly #options: StoreOptions;

  constructor(options: StoreOptions, client = clientFor(options)) {
    this.bucket = options.bucket;
    this.client = client;
    this.#options = options;
  }

  /** Another bucket of the same store, asked with the same connections and credentials. */
  inBucket(bucket: string): Store {
    return new Store({ ...this.#options, bucket }, this.client);
  }

  /** Stores a small object, if its key is free. @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
  async putNew(key: string, body: string | Uint8Array, contentType: string): Promise<void> {
    await this.client.send(
      new PutObjectCommand({ Bucket: this.bucket, Key: key, Body: body, ContentType: contentType, IfNoneMatch: "*" }),
    );
  }

  /** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html */
  async createUpload(key: string, headers: ObjectHeaders): Promise<string> {
    const { UploadId } = await this.client.send(
      new CreateMultipartUploadCommand({ Bucket: this.bucket, Key: key, ...headers }),
    );
    if (!UploadId) throw new Error("The bucket began a multipart upload without telling its id.");
    return UploadId;
  }

  /** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html */
  async uploadPart(
    key: string,
    uploadId: string,
    number: number,
    body: Uint8Array,
    signal: AbortSignal,
  ): Promise<CompletedPart> {
    const { ETag, ChecksumCRC32 } = await this.client.send(
      new UploadPartCommand({ Bucket: this.bucket, Key: key, UploadId: uploadId, PartNumber: number, Body: body }),
      { abortSignal: signal },
    );
    if (!ETag) throw new Error(`The bucket took part ${number} without an ETag.`);
    return { PartNumber: number, ETag, ...(ChecksumCRC32 && { ChecksumCRC32 }) };
  }

  /** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html */
  async completeUpload(
    key: string,
    uploadId: string,
    parts: CompletedPart[],
    signal?: AbortSignal,
  ): Promise<CompletedUpload> {
    const { VersionId, ETag } = await this.client.send(
      new CompleteMultipartUploadCommand({
        Bucket: this.bucket,
        Key: key,
        UploadId: uploadId,
        MultipartUpload: { Parts: parts },
      }),
      { ...(signal && { abortSignal: signal }) },
    );
    return { version: VersionId, etag: ETag };
  }

  /** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html */
  async abortUpload(key: string, uploadId: string): Promise<void> {
    await this.client.send(new AbortMultipartUploadCommand({ Bucket: this.bucket, Key: key, UploadId: uploadId }));
  }

  /** What the bucket knows of an object; undefined only when it says that there is none. */
  async head(key: string): Promise<StoredObject | undefined> {
    try {
      const answer = await this.client.send(
        new HeadObjectCommand({ Bucket: this.bucket, Key: key, ChecksumMode: "ENABLED" }),
      );
      return {
        key,
        size: answer.ContentLength ?? 0,
        storageClass: answer.StorageClass ?? "STANDARD",
        etag: answer.ETag,
        modified: answer.LastModified,
        version: answer.VersionId,
        restore: thawStateOf(answer.Restore),
        checksums: wholeChecksums(answer),
      };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** The bytes of an object from an offset on, as long as it is still the same object. */
  async read(
    key: string,
    from: number,
    etag: string | undefined,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const answer = await this.client.send(
      new GetObjectCommand({
        Bucket: this.bucket,
        Key: key,
        ...(from > 0 && { Range: `bytes=${from}-` }),
        ...(etag && { IfMatch: etag }),
      }),
      { abortSignal: signal },
    );
    if (!answer.Body) throw new Error(`The bucket answered for ${key} without a body.`);
    return answer.Body as unknown as AsyncIterable<Uint8Array>;
  }

  /** A small object as text; undefined only when there is none. */
  async readText(key: string): Promise<string | undefined> {
    try {
      const { Body } = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }));
      return await Body?.transformToString();
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /**
   * Asks for a readable copy of an archived object, or for the one that is there to stay longer.
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html
   */
  async restoreObject(key: string, tier: ThawTier, days: number): Promise<void> {
    const RestoreRequest = { Days: days, GlacierJobParameters: { Tier: tier } };
    await this.client.send(new RestoreObjectCommand({ Bucket: this.bucket, Key: key, RestoreRequest }));
  }

  /** Deletes the very version that was written, and never an older one. */
  async delete(key: string, version: string | undefined): Promise<void> {
    await this.client.send(
      new DeleteObjectCommand({ Bucket: this.bucket, Key: key, ...(version && { VersionId: version }) }),
    );
  }

  /**
   * All objects whose keys begin with a prefix, in the order of their keys.
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
   */
  async *list(prefix: string): AsyncGenerator<StoredObject> {
    let next: string | undefined;
    do {
      const page = await this.client.send(
        new ListObjectsV2Command({
          Bucket: this.bucket,
          Prefix: prefix,
          // XML has no way to write some characters that keys may have
          EncodingType: "url",
          ...(next && { ContinuationToken: next }),
        }),
      );
      const decode = page.EncodingType === "url" ? decodeKey : String;
      for (const { Key, Size, StorageClass, ETag, LastModified } of page.Contents ?? []) {
        if (!Key) continue;
        const storageClass = StorageClass ?? "STANDARD";
        yield { key: decode(Key), size: Size ?? 0, storageClass, etag: ETag, modified: LastModified };
      }
      next = page.NextContinuationToken;
    } while (next);
  }

  /** Runs work with the bucket; what fails says which operation it was and what that means. */
  async attempt<T>(operation: string, effect: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw storeFailure(error, operation, this.bucket, effect);
    }
  }
}

/** As in forms, where a space is a plus sign. */
const decodeKey = (key: string): string => decodeURIComponent(key.replaceAll("+", " "));

/** Those of type COMPOSITE are of the parts, and depend on how an object was cut. */
function wholeChecksums(answer: HeadObjectCommandOutput): Record<string, string> {
  if (answer.ChecksumType === "COMPOSITE") return {};
  const { ChecksumCRC32, ChecksumCRC32C, ChecksumCRC64NVME, ChecksumSHA1, ChecksumSHA256 } = answer;
  const all = Object.entries({ ChecksumCRC32, ChecksumCRC32C, ChecksumCRC64NVME, ChecksumSHA1, ChecksumSHA256 });
  // older stores do not name the type, but the number of parts behind the checksum
  return Object.fromEntries(all.filter((entry): entry is [string, string] => /^[^-]+$/.test(entry[1] ?? "")));
}

function clientFor({ region, endpoint, forcePathStyle, bucketTimeout }: StoreOptions): S3Client {
  const own = endpoint !== undefined && !/\.amazonaws\.com(?:\.cn)?$/.test(new URL(endpoint).hostname);
  return new S3Client({
    region: region ?? process.env["AWS_DEFAULT_REGION"] ?? "us-east-1",
    ...(endpoint && { endpoint }),
    forcePathStyle: forcePathStyle ?? own,
    // the answer is compared with the SHA-256 of the whole, which no store computes
    responseChecksumValidation: "WHEN_REQUIRED",
    maxAttempts: ATTEMPTS,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: bucketTimeout,
    }),
  });
}
