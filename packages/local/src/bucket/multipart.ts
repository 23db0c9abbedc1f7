import type { Context } from "@20minutes/s3rver";
import { answerXml, type Answer } from "./answer.ts";
import type { BucketStore } from "./store.ts";

/** AbortMultipartUpload, ListParts and ListMultipartUploads, which s3rver does not know. */
export function multipart(context: Context, store: BucketStore, bucket: string, key: string): Answer | undefined {
  const { uploadId, uploads, prefix } = context.query;
  if (key && typeof uploadId === "string") {
    if (context.method === "DELETE") return () => abort(context, store, bucket, uploadId);
    if (context.method === "GET") return () => listParts(context, store, bucket, key, uploadId);
  }
  if (!key && context.method === "GET" && uploads !== undefined) {
    return () => listUploads(context, store, bucket, typeof prefix === "string" ? prefix : "");
  }
  return undefined;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html */
async function abort(context: Context, store: BucketStore, bucket: string, uploadId: string) {
  await store.abortUpload(bucket, uploadId);
  context.status = 204;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html */
async function listParts(context: Context, store: BucketStore, bucket: string, key: string, uploadId: string) {
  const parts = await store.listParts(bucket, uploadId);
  answerXml(context, [
    "ListPartsResult",
    {
      Bucket: bucket,
      Key: key,
      UploadId: uploadId,
      IsTruncated: false,
      Part: parts.map(({ number, size, etag }) => ({ PartNumber: number, ETag: JSON.stringify(etag), Size: size })),
    },
  ]);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html */
async function listUploads(context: Context, store: BucketStore, bucket: string, prefix: string) {
  const uploads = await store.listUploads(bucket, prefix);
  answerXml(context, [
    "ListMultipartUploadsResult",
    {
      Bucket: bucket,
      IsTruncated: false,
      Upload: uploads.map(({ uploadId, key, initiated }) => ({
        Key: key,
        UploadId: uploadId,
        Initiated: initiated.toISOString(),
      })),
    },
  ]);
}
