import { docker } from "../needs.ts";
import { startMinio } from "../integration/minio.ts";
import { startServer } from "./mysql.ts";
import { startToolbox } from "./toolbox.ts";
import type { TestProject } from "vitest/node";
import type { GroundFacts } from "./ground.ts";

declare module "vitest" {
  interface ProvidedContext {
    backupGround: GroundFacts | undefined;
  }
}

/** Started once for all files: two MySQL servers, a bucket store, and a container that is like the backup image. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (!docker.met) {
    project.provide("backupGround", undefined);
    return undefined;
  }
  const [minio, source, scratch, toolbox] = await Promise.all([
    // all files together leave a few gigabytes
    startMinio("8g"),
    startServer(["--server-id=7", "--log-bin=binlog", "--gtid-mode=ON", "--enforce-gtid-consistency=ON"]),
    startServer(["--skip-log-bin", "--event-scheduler=OFF", "--max-allowed-packet=1G"]),
    startToolbox(),
  ]);
  const { endpoint, region, accessKeyId, secretAccessKey } = minio;
  project.provide("backupGround", {
    minio: { endpoint, region, accessKeyId, secretAccessKey },
    source: source.facts,
    scratch: scratch.facts,
    toolbox: toolbox.id,
  });
  return async () => {
    await Promise.all([minio.stop(), source.stop(), scratch.stop(), toolbox.stop()]);
  };
}
