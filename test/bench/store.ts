import {
  CreateBucketCommand,
  DeleteObjectsCommand,
  PutObjectCommand,
  S3Client,
  paginateListObjectsV2,
} from "@aws-sdk/client-s3";
import { MinioContainer } from "@testcontainers/minio";
import { getContainerRuntimeClient } from "testcontainers";

/** What an adapter needs to know of the store. */
export interface StoreAccess {
  endpoint: string;
  bucket: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

export interface StoredObject {
  key: string;
  size: number;
  etag: string;
}

export interface Store extends StoreAccess {
  version: string;
  objects(): Promise<StoredObject[]>;
  put(key: string, body: string): Promise<void>;
  /** Deletes every object and frees its space. */
  empty(): Promise<void>;
  stop(): Promise<void>;
}

const IMAGE = "minio/minio:latest";
const BUCKET = "bench";
const REGION = "us-east-1";

/** Objects lie in memory, so that no subject waits for the disk; at most this much. */
const TMPFS = { "/data": "rw,size=4g" };

/** MinIO moves deleted objects here and frees their space only every five minutes (https://github.com/minio/minio/issues/18341). */
const TRASH = "/data/.minio.sys/tmp/.trash";

/** Starts MinIO in a container, with an empty bucket. */
export async function startStore(): Promise<Store> {
  await assertDocker();
  const container = await new MinioContainer(IMAGE).withTmpFs(TMPFS).start();
  const release = await container.exec(["minio", "--version"]);
  const credentials = { accessKeyId: container.getUsername(), secretAccessKey: container.getPassword() };
  const endpoint = `http://127.0.0.1:${container.getPort()}`;
  const client = new S3Client({ endpoint, region: REGION, forcePathStyle: true, credentials });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));

  const objects = async (): Promise<StoredObject[]> => {
    const found: StoredObject[] = [];
    for await (const page of paginateListObjectsV2({ client }, { Bucket: BUCKET })) {
      for (const { Key = "", Size = 0, ETag = "" } of page.Contents ?? []) {
        found.push({ key: Key, size: Size, etag: ETag });
      }
    }
    return found;
  };

  return {
    ...credentials,
    endpoint,
    bucket: BUCKET,
    region: REGION,
    version: `MinIO ${/version (\S+)/.exec(release.output)?.[1] ?? "of unknown version"} from the image ${IMAGE}`,
    objects,
    async put(key, body) {
      await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body }));
    },
    async empty() {
      const keys = (await objects()).map(({ key }) => ({ Key: key }));
      // DeleteObjects takes at most 1000 keys (https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html).
      for (let start = 0; start < keys.length; start += 1000) {
        const Objects = keys.slice(start, start + 1000);
        await client.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects, Quiet: true } }));
      }
      const { exitCode, output } = await container.exec(["sh", "-c", `rm -rf ${TRASH}/*`]);
      if (exitCode !== 0) throw new Error(`the space of deleted objects could not be freed in MinIO: ${output}`);
    },
    async stop() {
      client.destroy();
      await container.stop();
    },
  };
}

async function assertDocker(): Promise<void> {
  try {
    await getContainerRuntimeClient();
  } catch (cause) {
    throw new Error(
      "The bench needs Docker: it measures against MinIO in a container, and no Docker answers on this machine. " +
        "Nothing was measured, and earlier results are as they were. Start Docker, then run `npm run bench` again.",
      { cause },
    );
  }
}
