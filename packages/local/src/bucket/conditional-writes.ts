import S3Error from "@20minutes/s3rver/lib/models/error.js";
import type { Middleware } from "@20minutes/s3rver";
import { keyOf } from "./request.ts";

/**
 * `If-None-Match: *` on PutObject and CompleteMultipartUpload, which s3rver ignores.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export function conditionalWrites(): Middleware {
  const tails = new Map<string, Promise<void>>();

  /** Two conditional writes of one key go one after the other; otherwise both would find the key free. */
  async function alone(key: string, work: () => Promise<void>): Promise<void> {
    const earlier = tails.get(key) ?? Promise.resolve();
    const mine = earlier.then(work);
    const settled = mine.catch(() => {});
    tails.set(key, settled);
    try {
      await mine;
    } finally {
      if (tails.get(key) === settled) tails.delete(key);
    }
  }

  return async (context, next) => {
    const { bucket, key } = keyOf(context);
    const completes = context.method === "POST" && "uploadId" in context.query;
    const puts = context.method === "PUT" && !("uploadId" in context.query);
    if (!key || !(puts || completes) || context.headers["if-none-match"] !== "*") return next();
    await alone(`${bucket}/${key}`, async () => {
      if (await context.store.existsObject(bucket, key)) {
        throw new S3Error("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", {
          Condition: "If-None-Match",
        });
      }
      await next();
    });
  };
}
