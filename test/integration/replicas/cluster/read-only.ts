import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { buildReplicas, installGhost } from "@stateless-ghost/local";
import { GenericContainer, type StartedTestContainer } from "testcontainers";
import type { Target } from "./balancer.ts";
import type { Cluster } from "./cluster.ts";
import { replicaPaths } from "./folder.ts";
import { freePort } from "./free-port.ts";
import { certificateIn } from "./parts.ts";
import { SITE_NAME } from "./site-name.ts";

const IMAGE = "node:24-trixie-slim";

/** Nobody in particular: not the owner of any file. */
const USER = { uid: 1000, gid: 1000 };

/** Of a folder, for everybody. */
const READABLE = 0o755;

/** Where things lie in the container. */
const SITE = "/site";
const PROGRAM = "/ghost-replica";

/** A replica in a container that can write nowhere but in some folders of its own. */
export interface ReadOnlyReplica extends Target {
  url: string;
  /** What it has said so far. */
  log(): string;
  stop(): Promise<void>;
}

/** As another replica of a cluster that has at least one. `writable`: paths of folders, from the site's. */
export async function startReadOnly(cluster: Cluster, writable: readonly string[]): Promise<ReadOnlyReplica> {
  const [port, healthPort] = [await freePort(), await freePort()];
  const site = await makeSite(cluster, { port, healthPort }, writable);
  const { directory: ghost } = await installGhost();
  let said = "";
  const container = await new ReadOnlyContainer(IMAGE)
    .withNetworkMode("host")
    .withExtraHosts([{ host: SITE_NAME, ipAddress: "127.0.0.1" }])
    .withUser(`${USER.uid}:${USER.gid}`)
    .withDroppedCapabilities("ALL")
    .withBindMounts([
      { source: site, target: SITE, mode: "ro" },
      { source: ghost, target: join(SITE, "current"), mode: "ro" },
      { source: await buildReplicas(), target: PROGRAM, mode: "ro" },
    ])
    .withTmpFs(Object.fromEntries(writable.map((folder) => [resolve(SITE, folder), `uid=${USER.uid},gid=${USER.gid}`])))
    .withWorkingDir(SITE)
    .withEnvironment({ NODE_ENV: "production", NODE_EXTRA_CA_CERTS: join(SITE, "certificate.pem") })
    .withCommand(["node", join(PROGRAM, "cli.js")])
    .withLogConsumer((lines) => lines.on("data", (line) => (said += line)))
    .start();
  return { port, healthPort, url: `http://127.0.0.1:${port}`, log: () => said, stop: () => remove(container, site) };
}

class ReadOnlyContainer extends GenericContainer {
  constructor(image: string) {
    super(image);
    this.hostConfig.ReadonlyRootfs = true;
  }
}

/** The folder of a site, with Ghost to be mounted in it and places for what can be written. */
async function makeSite(cluster: Cluster, ports: Target, writable: readonly string[]): Promise<string> {
  const model = replicaPaths(cluster.replica(0).directory);
  const site = await mkdtemp(join(tmpdir(), "read-only-"));
  await chmod(site, READABLE);
  for (const folder of ["current", ...writable]) await mkdir(resolve(site, folder), { recursive: true });
  const config = JSON.parse(await readFile(model.config, "utf8"));
  config.server.port = ports.port;
  config.replicas.healthPort = ports.healthPort;
  config.paths.contentPath = join(SITE, "content");
  await writeFile(join(site, "config.production.json"), JSON.stringify(config));
  await cp(certificateIn(dirname(cluster.replica(0).directory)), join(site, "certificate.pem"));
  return site;
}

async function remove(container: StartedTestContainer, site: string): Promise<void> {
  await container.stop();
  await rm(site, { recursive: true, force: true });
}
