import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type HeadObjectCommandOutput,
} from "@aws-sdk/client-s3";
import { startMinio, type Minio as Started } from "../minio.ts";

/** A MinIO of its own for a file of tests. */
export class Minio {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly #started: Started;
  readonly #client: S3Client;
  #buckets = 0;

  private constructor(started: Started) {
    const { endpoint, region, accessKeyId, secretAccessKey } = started;
    this.#started = started;
    this.endpoint = endpoint;
    this.region = region;
    this.accessKeyId = accessKeyId;
    this.secretAccessKey = secretAccessKey;
    this.#client = new S3Client({
      endpoint,
      region,
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
    });
  }

  static async start(): Promise<Minio> {
    return new Minio(await startMinio());
  }

  get credentials(): Record<string, string> {
    return { AWS_ACCESS_KEY_ID: this.accessKeyId, AWS_SECRET_ACCESS_KEY: this.secretAccessKey };
  }

  async bucket(): Promise<Bucket> {
    this.#buckets += 1;
    const name = `bucket-${this.#buckets}`;
    await this.#client.send(new CreateBucketCommand({ Bucket: name }));
    return new Bucket(this.#client, name, this.endpoint);
  }

  async stop(): Promise<void> {
    this.#client.destroy();
    await this.#started.stop();
  }
}

/** A bucket that a test has for itself. */
export class Bucket {
  readonly name: string;
  /** What a command needs to find it. */
  readonly flags: readonly string[];
  readonly #client: S3Client;

  constructor(client: S3Client, name: string, endpoint: string) {
    this.name = name;
    this.flags = ["--bucket", name, "--endpoint", endpoint];
    this.#client = client;
  }

  async put(key: string, body: string | Uint8Array, metadata: Record<string, string> = {}): Promise<void> {
    await this.#client.send(new PutObjectCommand({ Bucket: this.name, Key: key, Body: body, Metadata: metadata }));
  }

  async read(key: string): Promise<Buffer> {
    const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: this.name, Key: key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  }

  head(key: string): Promise<HeadObjectCommandOutput> {
    return this.#client.send(new HeadObjectCommand({ Bucket: this.name, Key: key }));
  }

  /** Keys with the time at which each was written, which tells whether it was written again. */
  async objects(): Promise<Map<string, number>> {
    const objects = new Map<string, number>();
    let next: string | undefined;
    do {
      const page = await this.#client.send(
        new ListObjectsV2Command({ Bucket: this.name, ...(next && { ContinuationToken: next }) }),
      );
      for (const { Key, LastModified } of page.Contents ?? []) objects.set(Key ?? "", LastModified?.getTime() ?? 0);
      next = page.NextContinuationToken;
    } while (next);
    return objects;
  }

  /** Keys of the blog's content, without what the adapter writes for itself. */
  async keys(): Promise<string[]> {
    return [...(await this.objects()).keys()].filter((key) => !key.includes(".storage-s3/"));
  }

  /** Uploads in parts that nobody has ended. */
  async unfinished(key: string): Promise<number> {
    const { Uploads } = await this.#client.send(new ListMultipartUploadsCommand({ Bucket: this.name, Prefix: key }));
    return Uploads?.length ?? 0;
  }
}
