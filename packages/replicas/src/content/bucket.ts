import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from "@aws-sdk/client-s3";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { Options } from "../configuration/schema.ts";
import { EXIT, Failure } from "../failure.ts";

const CONNECT_MS = 3000;

/** First attempt and two more, by the SDK's own rules of what is worth another one. */
const ATTEMPTS = 3;

/** What a store answers that has understood the question. */
const REFUSALS: Readonly<Record<number, string>> = {
  301: "is in another region",
  400: "cannot be asked for in this way",
  403: "may not be used with these keys",
  404: "does not exist",
};

/** The private part of the bucket: whole objects of a few megabytes, read and written in one piece. */
export class Bucket {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #timeoutMs: number;

  constructor(options: Options & { bucket: string }) {
    this.#client = new S3Client(clientConfig(options));
    this.#bucket = options.bucket;
    this.#prefix = options.prefix === "" ? "" : `${options.prefix}/`;
    this.#timeoutMs = options.bucketTimeout;
  }

  /** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
  async put(key: string, body: Uint8Array, contentType = "application/octet-stream"): Promise<void> {
    await this.#within((deadline) =>
      this.#client.send(new PutObjectCommand({ ...this.#at(key), Body: body, ContentType: contentType }), deadline),
    );
  }

  /** The object's bytes; undefined only when the store says that there is none. */
  async get(key: string): Promise<Buffer | undefined> {
    try {
      return await this.#within(async (deadline) => {
        const { Body } = await this.#client.send(new GetObjectCommand(this.#at(key)), deadline);
        return Buffer.from((await Body?.transformToByteArray()) ?? []);
      });
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async has(key: string): Promise<boolean> {
    try {
      await this.#within((deadline) => this.#client.send(new HeadObjectCommand(this.#at(key)), deadline));
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  /** Deletes an object; one that is not there is deleted already. */
  async delete(key: string): Promise<void> {
    await this.#within((deadline) => this.#client.send(new DeleteObjectCommand(this.#at(key)), deadline));
  }

  /**
   * Whether the bucket can be used; a store that does not answer says nothing about that.
   * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
   * @throws {Failure} when the store says that it does not exist or that these keys may not use it
   */
  async require(): Promise<void> {
    try {
      await this.#within((deadline) => this.#client.send(new HeadBucketCommand({ Bucket: this.#bucket }), deadline));
    } catch (error) {
      const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode ?? 0;
      const reason = REFUSALS[status];
      if (reason === undefined) return;
      throw new Failure(`The bucket "${this.#bucket}" ${reason} (status ${status}).`, {
        effect: "Ghost was not started: themes, routes and redirects could not be shared. Nothing was changed.",
        next: "Look at bucket, region, endpoint and the keys of the block replicas; the keys need s3:ListBucket as well.",
        exitCode: EXIT.unavailable,
        cause: error,
      });
    }
  }

  close(): void {
    this.#client.destroy();
  }

  #at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: `${this.#prefix}${key}` };
  }

  /** The SDK says of a request that took too long no more than that it was aborted. */
  async #within<Result>(request: (deadline: { abortSignal: AbortSignal }) => Promise<Result>): Promise<Result> {
    const abortSignal = AbortSignal.timeout(this.#timeoutMs);
    try {
      return await request({ abortSignal });
    } catch (error) {
      if (!abortSignal.aborted) throw error;
      throw new Error(`the bucket did not answer within ${this.#timeoutMs / 1000} s`, { cause: error });
    }
  }
}

function clientConfig(options: Options): S3ClientConfig {
  const { endpoint, region, forcePathStyle, accessKeyId, secretAccessKey, sessionToken } = options;
  return {
    forcePathStyle,
    maxAttempts: ATTEMPTS,
    // stores other than AWS do not know the newer checksums; content is compared by its own digest anyway
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: new NodeHttpHandler({ connectionTimeout: CONNECT_MS, requestTimeout: options.bucketTimeout }),
    ...(region && { region }),
    ...(endpoint && { endpoint }),
    ...(accessKeyId &&
      secretAccessKey && { credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) } }),
  };
}

/** 404 in its several names; a store without the right to list says 403, which is no "missing". */
function isMissing(error: unknown): boolean {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  return name === "NoSuchKey" || name === "NotFound" || $metadata?.httpStatusCode === 404;
}
