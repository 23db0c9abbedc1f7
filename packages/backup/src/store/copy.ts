import { CopyObjectCommand, GetObjectCommand, UploadPartCopyCommand, type CompletedPart } from "@aws-sdk/client-s3";
import { reasonOf } from "../failure.ts";
import type { Log } from "../log.ts";
import type { ObjectHeaders, Store, StoredObject } from "./store.ts";

const MiB = 1024 * 1024;

/**
 * What is larger is copied in parts of this size. S3 copies 5 GiB at once at most; long before that, a store that says
 * nothing until it is done seems to have fallen silent.
 */
const PART_BYTES = 512 * MiB;

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MAX_PARTS = 10_000;

export interface CopyRequest {
  readonly from: Store;
  /** It is copied as long as it is still this very object. */
  readonly object: Pick<StoredObject, "key" | "size" | "etag">;
  readonly to: Store;
  readonly key: string;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly partBytes?: number;
}

/**
 * Copies an object with its metadata, from bucket to bucket, inside the store. Tags and access lists stay behind: they
 * would want rights of their own.
 * @returns the ETag of the copy
 * @throws what the store answers; 412 when another object lies there by now
 */
export async function copyObject(request: CopyRequest): Promise<string> {
  const { object, partBytes = PART_BYTES } = request;
  return object.size > partBytes ? copyInParts(request, partBytes) : copyWhole(request);
}

/** The header wants the path of a URL. */
const sourceOf = ({ from, object }: CopyRequest): string =>
  `${from.bucket}/${object.key.split("/").map(encodeURIComponent).join("/")}`;

const conditionOf = ({ object }: CopyRequest): { CopySourceIfMatch?: string } =>
  object.etag ? { CopySourceIfMatch: object.etag } : {};

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
async function copyWhole(request: CopyRequest): Promise<string> {
  const { CopyObjectResult } = await request.to.client.send(
    new CopyObjectCommand({
      Bucket: request.to.bucket,
      Key: request.key,
      CopySource: sourceOf(request),
      ...conditionOf(request),
      MetadataDirective: "COPY",
      TaggingDirective: "REPLACE",
    }),
    { abortSignal: request.signal },
  );
  return requireEtag(CopyObjectResult?.ETag);
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/CopyingObjectsMPUapi.html */
async function copyInParts(request: CopyRequest, partBytes: number): Promise<string> {
  const { to, key, signal } = request;
  const uploadId = await to.createUpload(key, await headersOf(request));
  try {
    const parts = await copyParts(request, uploadId, partBytes);
    const { etag } = await to.completeUpload(key, uploadId, parts, signal);
    return requireEtag(etag);
  } catch (error) {
    await abort(request, uploadId);
    throw error;
  }
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html */
async function copyParts(request: CopyRequest, UploadId: string, partBytes: number): Promise<CompletedPart[]> {
  const { size } = request.object;
  const step = Math.max(partBytes, Math.ceil(size / MAX_PARTS));
  const parts: CompletedPart[] = [];
  for (let start = 0; start < size; start += step) {
    const PartNumber = parts.length + 1;
    const { CopyPartResult } = await request.to.client.send(
      new UploadPartCopyCommand({
        Bucket: request.to.bucket,
        Key: request.key,
        UploadId,
        PartNumber,
        CopySource: sourceOf(request),
        CopySourceRange: `bytes=${start}-${Math.min(start + step, size) - 1}`,
        ...conditionOf(request),
      }),
      { abortSignal: request.signal },
    );
    parts.push({ PartNumber, ETag: requireEtag(CopyPartResult?.ETag) });
  }
  return parts;
}

/**
 * An upload in parts takes nothing along by itself. Asked with one byte of the object: the answer to a HEAD does not tell
 * a missing object from a missing bucket.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
async function headersOf({ from, object, signal }: CopyRequest): Promise<ObjectHeaders> {
  const answer = await from.client.send(
    new GetObjectCommand({
      Bucket: from.bucket,
      Key: object.key,
      Range: "bytes=0-0",
      ...(object.etag && { IfMatch: object.etag }),
    }),
    { abortSignal: signal },
  );
  await answer.Body?.transformToByteArray();
  const { CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, ContentType, Expires } = answer;
  return {
    CacheControl,
    ContentDisposition,
    ContentEncoding,
    ContentLanguage,
    ContentType,
    Expires,
    Metadata: answer.Metadata,
  };
}

/** Why the copy failed is worth more than that its parts stay until the lifecycle removes them. */
async function abort({ to, key, log }: CopyRequest, uploadId: string): Promise<void> {
  try {
    await to.abortUpload(key, uploadId);
  } catch (error) {
    const rest = "parts of a failed copy remain until the bucket's lifecycle removes them";
    log.warn(rest, { bucket: to.bucket, key, reason: reasonOf(error) });
  }
}

function requireEtag(etag: string | undefined): string {
  if (!etag) throw new Error("The bucket copied an object without telling its ETag.");
  return etag;
}
