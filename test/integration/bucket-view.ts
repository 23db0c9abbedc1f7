import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type HeadObjectCommandOutput,
} from "@aws-sdk/client-s3";

/** Where a store answers, and who may ask. */
export interface StoreAccess {
  endpoint: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** A bucket as it is, seen past the adapter. */
export class BucketView {
  readonly name: string;
  readonly access: StoreAccess;
  readonly #client: S3Client;

  constructor(access: StoreAccess, name: string) {
    const { endpoint, region, accessKeyId, secretAccessKey } = access;
    this.#client = new S3Client({ endpoint, region, credentials: access, forcePathStyle: true });
    this.access = { endpoint, region, accessKeyId, secretAccessKey };
    this.name = name;
  }

  async create(): Promise<void> {
    await this.#client.send(new CreateBucketCommand({ Bucket: this.name }));
  }

  /** All keys that begin with a prefix, in their order. */
  async keys(prefix = ""): Promise<string[]> {
    const keys: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await this.#client.send(
        new ListObjectsV2Command({
          Bucket: this.name,
          Prefix: prefix,
          ...(ContinuationToken && { ContinuationToken }),
        }),
      );
      keys.push(...(page.Contents ?? []).map(({ Key = "" }) => Key));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken);
    return keys;
  }

  head(key: string): Promise<HeadObjectCommandOutput> {
    return this.#client.send(new HeadObjectCommand({ Bucket: this.name, Key: key }));
  }

  async bytes(key: string): Promise<Buffer> {
    const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: this.name, Key: key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  }

  async put(key: string, body: string | Buffer, more: object = {}): Promise<void> {
    await this.#client.send(new PutObjectCommand({ Bucket: this.name, Key: key, Body: body, ...more }));
  }

  async remove(...keys: string[]): Promise<void> {
    for (const Key of keys) await this.#client.send(new DeleteObjectCommand({ Bucket: this.name, Key }));
  }

  /** Keys of uploads that were begun and neither completed nor aborted. */
  async uploads(): Promise<string[]> {
    const { Uploads } = await this.#client.send(new ListMultipartUploadsCommand({ Bucket: this.name }));
    return (Uploads ?? []).map(({ Key = "" }) => Key);
  }

  close(): void {
    this.#client.destroy();
  }
}
