import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Kind } from "./cluster/kind.ts";
import type { Image } from "./images.ts";
import { values } from "./values.ts";

const MANIFEST = join(import.meta.dirname, "manifests/store.yaml");

/** As the manifest has them. */
const KEYS = { AWS_ACCESS_KEY_ID: "of-the-store", AWS_SECRET_ACCESS_KEY: "of-the-store-as-well" };

const SECRET = "outside";

const STORE = {
  region: "us-east-1",
  endpoint: "http://minio.store:9000",
  forcePathStyle: true,
  existingSecret: SECRET,
};

/** Starts a store with two buckets in a namespace of its own; answers with how to remove it. */
export async function startStore({ kubectl }: Kind): Promise<() => Promise<unknown>> {
  await kubectl.apply(await readFile(MANIFEST, "utf8"));
  await kubectl.in("store").rolledOut("deployment/minio");
  return () => kubectl.run(["delete", "namespace", "store"]);
}

/** Every object of the blog's own bucket is gone; the bucket is there. */
export async function loseUploads({ kubectl }: Kind): Promise<void> {
  const lose = ["sh", "-c", "rm -rf /data/uploads && mkdir /data/uploads"];
  await kubectl.in("store").run(["exec", "deployment/minio", "--", ...lose]);
}

/** A blog whose uploads and backups are in that store, and whose MySQL goes with its namespace. */
export function backedUp(name: string, ghost: Image, backup: Image): object {
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: SECRET }, stringData: KEYS };
  return {
    ...values(name, ghost),
    cdnUrl: "",
    minio: { enabled: false },
    bucket: { ...STORE, name: "uploads" },
    backup: {
      enabled: true,
      image: backup,
      bucket: { ...STORE, name: "backups" },
      resources: { requests: { cpu: "50m", memory: "512Mi" }, limits: { memory: "1Gi" } },
    },
    extraObjects: [secret],
  };
}
