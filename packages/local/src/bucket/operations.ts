import authentication from "@20minutes/s3rver/lib/middleware/authentication.js";
import S3Error from "@20minutes/s3rver/lib/models/error.js";
import type { Middleware } from "@20minutes/s3rver";
import { listing } from "./listing.ts";
import { multipart } from "./multipart.ts";
import { keyOf } from "./request.ts";
import type { BucketStore } from "./store.ts";

/** The operations that s3rver lacks or gets wrong, answered in its place once it has checked the signature. */
export function operations(store: BucketStore): Middleware {
  const authenticate = authentication();
  return async (context, next) => {
    const { bucket, key } = keyOf(context);
    const answer = multipart(context, store, bucket, key) ?? listing(context, store, bucket, key);
    if (!answer) return next();
    context.params = key ? { bucket, key } : { bucket };
    await authenticate(context, async () => {
      if (!(await store.getBucket(bucket))) {
        throw new S3Error("NoSuchBucket", "The specified bucket does not exist", { BucketName: bucket });
      }
      await answer();
    });
  };
}
