import type { Context } from "@20minutes/s3rver";
import { answerXml, type Answer } from "./answer.ts";
import type { BucketStore } from "./store.ts";

/** The most keys that one answer holds. */
const PAGE = 1000;

/**
 * ListObjectsV2. s3rver's own seals its continuation token with a cipher that OpenSSL 3 no longer has, so that
 * every listing of more than one page fails.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
export function listing(context: Context, store: BucketStore, bucket: string, key: string): Answer | undefined {
  const { "list-type": version, ...query } = context.query;
  if (key || version !== "2" || context.method !== "GET") return undefined;
  const text = (name: string) => (typeof query[name] === "string" ? query[name] : "");
  return async () => {
    const token = text("continuation-token");
    const startAfter = token ? Buffer.from(token, "base64url").toString() : text("start-after");
    const maxKeys = Math.min(Number(text("max-keys") || PAGE), PAGE);
    const options = { prefix: text("prefix"), delimiter: text("delimiter"), startAfter, maxKeys };
    const { objects, commonPrefixes, isTruncated } = await store.listObjects(bucket, options);
    const last = objects.at(-1)?.key ?? "";
    answerXml(context, [
      "ListBucketResult",
      {
        Name: bucket,
        Prefix: options.prefix,
        Delimiter: options.delimiter || undefined,
        MaxKeys: maxKeys,
        KeyCount: objects.length + commonPrefixes.length,
        IsTruncated: isTruncated,
        NextContinuationToken: isTruncated ? Buffer.from(last).toString("base64url") : undefined,
        Contents: objects.map((object) => ({
          Key: object.key,
          LastModified: object.lastModifiedDate.toISOString(),
          ETag: object.metadata.etag,
          Size: object.size,
          StorageClass: "STANDARD",
        })),
        CommonPrefixes: commonPrefixes.map((Prefix) => ({ Prefix })),
      },
    ]);
  };
}
