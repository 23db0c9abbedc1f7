import { MinioContainer } from "@testcontainers/minio";
import type { StoreAccess } from "./bucket-view.ts";

const IMAGE = "minio/minio:latest";

/** Objects lie in memory: the disk of a test machine is no part of what is tested. */
const tmpfs = (size: string) => ({ "/data": `rw,size=${size}` });

/** Its own words, so that a test can tell whether a secret got out. */
const USER = "minio-user";
const PASSWORD = "minio-SECRET-password";

export interface Minio extends StoreAccess {
  stop(): Promise<void>;
}

export async function startMinio(size = "2g"): Promise<Minio> {
  const container = await new MinioContainer(IMAGE)
    .withUsername(USER)
    .withPassword(PASSWORD)
    .withTmpFs(tmpfs(size))
    .start();
  return {
    endpoint: `http://127.0.0.1:${container.getPort()}`,
    region: "us-east-1",
    accessKeyId: USER,
    secretAccessKey: PASSWORD,
    async stop() {
      await container.stop();
    },
  };
}
