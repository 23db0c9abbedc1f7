import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
  type CompletedPart,
  type GetObjectCommandOutput,
  type HeadObjectCommandOutput,
  type PutObjectCommandInput,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { Clients } from "./client.ts";
import { within } from "./deadline.ts";
import { failure, isMissing, type Attempt } from "./failure.ts";
import type { ResolvedOptions } from "../options/options.ts";

/** How an object is stored: headers for readers, and who pays and encrypts. */
export type ObjectHeaders = Pick<
  PutObjectCommandInput,
  | "ContentType"
  | "ContentDisposition"
  | "CacheControl"
  | "Metadata"
  | "StorageClass"
  | "Tagging"
  | "ACL"
  | "SSEKMSKeyId"
  | "ServerSideEncryption"
>;

export interface GetConditions {
  readonly range?: string | undefined;
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  readonly ifModifiedSince?: Date | undefined;
  readonly ifUnmodifiedSince?: Date | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ListedObject {
  readonly key: string;
  readonly size: number;
  readonly modified: Date | undefined;
  readonly etag?: string | undefined;
}

/** One bucket, with the errors of its operations made clear. Reads and small writes end within their deadline. */
export class Store {
  readonly bucket: string;
  readonly client: S3Client;
  readonly #clients: Clients;
  /** Longest time for a small request. */
  readonly timeoutMs: number;

  constructor(clients: Clients, options: Pick<ResolvedOptions, "bucket" | "operationTimeoutMs">) {
    this.client = clients.writing;
    this.#clients = clients;
    this.bucket = options.bucket;
    this.timeoutMs = options.operationTimeoutMs;
  }

  /**
   * Stores bytes under a key. Errors come as the SDK throws them: the caller knows what 412 and 409 mean to it.
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
   */
  async put(key: string, body: Uint8Array, headers: ObjectHeaders, onlyNew: boolean): Promise<string | undefined> {
    const { ETag } = await this.client.send(
      new PutObjectCommand({
        Bucket: this.bucket,
        Key: key,
        Body: body,
        ...headers,
        ...(onlyNew && { IfNoneMatch: "*" }),
      }),
    );
    return ETag;
  }

  /** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html */
  async createUpload(key: string, headers: ObjectHeaders): Promise<string> {
    const { UploadId } = await this.#short((abortSignal) =>
      this.client.send(new CreateMultipartUploadCommand({ Bucket: this.bucket, Key: key, ...headers }), {
        abortSignal,
      }),
    );
    if (!UploadId) throw new Error("The object store began a multipart upload without telling its id.");
    return UploadId;
  }

  /** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html */
  async uploadPart(
    key: string,
    uploadId: string,
    partNumber: number,
    body: Uint8Array,
    abortSignal: AbortSignal,
  ): Promise<CompletedPart> {
    const { ETag, ChecksumCRC32 } = await this.client.send(
      new UploadPartCommand({ Bucket: this.bucket, Key: key, UploadId: uploadId, PartNumber: partNumber, Body: body }),
      { abortSignal },
    );
    if (!ETag) throw new Error(`The object store took part ${partNumber} without an ETag.`);
    return { PartNumber: partNumber, ETag, ...(ChecksumCRC32 && { ChecksumCRC32 }) };
  }

  /** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html */
  async completeUpload(
    key: string,
    uploadId: string,
    parts: CompletedPart[],
    onlyNew: boolean,
  ): Promise<string | undefined> {
    const { ETag } = await this.#clients.completing.send(
      new CompleteMultipartUploadCommand({
        Bucket: this.bucket,
        Key: key,
        UploadId: uploadId,
        MultipartUpload: { Parts: parts },
        ...(onlyNew && { IfNoneMatch: "*" }),
      }),
    );
    return ETag;
  }

  /** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html */
  async abortUpload(key: string, uploadId: string): Promise<void> {
    await this.#short((abortSignal) =>
      this.client.send(new AbortMultipartUploadCommand({ Bucket: this.bucket, Key: key, UploadId: uploadId }), {
        abortSignal,
      }),
    );
  }

  /** What the store knows of an object; undefined only when it says that there is none. */
  async head(key: string, conditions: GetConditions = {}): Promise<HeadObjectCommandOutput | undefined> {
    try {
      return await this.#short(
        (abortSignal) =>
          this.client.send(new HeadObjectCommand({ Bucket: this.bucket, Key: key, ...conditional(conditions) }), {
            abortSignal,
          }),
        conditions.signal,
      );
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /**
   * An object with its body still to be read; undefined only when the store says that there is none.
   * @param withinMs time in which the answer must begin
   */
  async get(
    key: string,
    conditions: GetConditions = {},
    withinMs = this.timeoutMs,
  ): Promise<GetObjectCommandOutput | undefined> {
    const command = new GetObjectCommand({ Bucket: this.bucket, Key: key, ...conditional(conditions) });
    try {
      return await within(
        withinMs,
        (abortSignal) => this.#clients.reading.send(command, { abortSignal }),
        conditions.signal,
      );
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Deletes an object; one that is not there is deleted already. */
  async delete(key: string): Promise<void> {
    try {
      await this.#short((abortSignal) =>
        this.client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key }), { abortSignal }),
      );
    } catch (error) {
      // S3 says nothing of it, GCS says 404.
      if (!isMissing(error)) throw error;
    }
  }

  /** One page of keys that begin with a prefix, up to 1,000, and whether there are more. */
  async listPage(
    prefix: string,
    continuation?: string,
  ): Promise<{ objects: ListedObject[]; next: string | undefined }> {
    const page = await this.#short((abortSignal) =>
      this.client.send(
        new ListObjectsV2Command({
          Bucket: this.bucket,
          Prefix: prefix,
          ...(continuation && { ContinuationToken: continuation }),
        }),
        { abortSignal },
      ),
    );
    const objects = (page.Contents ?? []).flatMap(({ Key, Size, LastModified, ETag }) =>
      Key === undefined ? [] : [{ key: Key, size: Size ?? 0, modified: LastModified, etag: ETag }],
    );
    return { objects, next: page.NextContinuationToken };
  }

  /** All objects whose keys begin with a prefix, in the order of their keys. */
  async *list(prefix: string): AsyncGenerator<ListedObject> {
    let next: string | undefined;
    do {
      const page = await this.listPage(prefix, next);
      yield* page.objects;
      ({ next } = page);
    } while (next);
  }

  /** Names the operation and what it means that it failed. */
  failed(error: unknown, attempt: Omit<Attempt, "bucket">): Error {
    return failure(error, { ...attempt, bucket: this.bucket });
  }

  #short<T>(send: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return within(this.timeoutMs, send, signal);
  }
}

const conditional = ({ range, ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince }: GetConditions) => ({
  ...(range && { Range: range }),
  ...(ifMatch && { IfMatch: ifMatch }),
  ...(ifNoneMatch && { IfNoneMatch: ifNoneMatch }),
  ...(ifModifiedSince && { IfModifiedSince: ifModifiedSince }),
  ...(ifUnmodifiedSince && { IfUnmodifiedSince: ifUnmodifiedSince }),
});
