import { S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";

/**
 * Uploads what comes to its stdin, as `aws s3 cp - s3://…` does: in parts of 8 MiB, ten at a time.
 * @see https://docs.aws.amazon.com/cli/latest/topic/s3-config.html
 */
const { BACKUP_BUCKET: Bucket, KEY: Key } = process.env;

const upload = new Upload({
  client: new S3Client({ forcePathStyle: true }),
  params: { Bucket, Key, Body: process.stdin },
  partSize: 8 * 1024 * 1024,
  queueSize: 10,
});
await upload.done();
