import type { Bucket, Minio } from "../integration/commands/bucket.ts";
import { freePort } from "../integration/replicas/cluster/free-port.ts";
import type { Database, Mysql } from "../integration/replicas/cluster/mysql.ts";

/** A blog that one image or the other can run: its address, its database, its buckets. */
export interface ImageBlog {
  url: string;
  /** The container's own. */
  address: string;
  health: string;
  database: Database;
  uploads: Bucket;
  content: Bucket;
  /** All that the image of this project is told. */
  env: Record<string, string>;
  /** All that the official image is told. */
  officialEnv: Record<string, string>;
}

/** As readers see it, behind a proxy that ends TLS. */
const SITE = "https://blog.example.com";

export const CDN = "https://cdn.example.com";

export async function makeBlog(mysql: Mysql, minio: Minio): Promise<ImageBlog> {
  const [port, healthPort] = [await freePort(), await freePort()];
  const [database, uploads, content] = await Promise.all([mysql.createDatabase(), minio.bucket(), minio.bucket()]);
  const shared = {
    url: SITE,
    server__port: String(port),
    database__connection__host: database.host,
    database__connection__port: String(database.port),
    database__connection__user: database.user,
    database__connection__password: database.password,
    database__connection__database: database.name,
    // a code sent by mail could not be read here
    security__staffDeviceVerification: "false",
  };
  return {
    url: SITE,
    address: `http://127.0.0.1:${port}`,
    health: `http://127.0.0.1:${healthPort}`,
    database,
    uploads,
    content,
    env: {
      ...shared,
      storage__s3__bucket: uploads.name,
      storage__s3__cdnUrl: CDN,
      storage__s3__endpoint: minio.endpoint,
      replicas__bucket: content.name,
      replicas__endpoint: minio.endpoint,
      replicas__forcePathStyle: "true",
      replicas__healthPort: String(healthPort),
      replicas__drainDelay: "0",
      AWS_REGION: minio.region,
      ...minio.credentials,
    },
    officialEnv: { ...shared, server__host: "127.0.0.1", logging__transports: '["stdout"]' },
  };
}
