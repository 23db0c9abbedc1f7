import { dirname, join } from "node:path";
import { execa } from "execa";
import { certificateIn, programIn } from "./cluster/parts.ts";
import type { Cluster } from "./cluster/cluster.ts";

/** Makes the site's name known to it. */
const HOSTS = join(import.meta.dirname, "cluster/hosts.mjs");

export interface CheckRun {
  /** `--pods`; all running replicas unless it is said, the site's own address when it is undefined. */
  pods?: string | undefined;
  args?: string[];
  env?: Record<string, string>;
}

/** `--pods` for replicas of a cluster. */
export function podsOf(replicas: readonly { port: number }[]): string {
  return replicas.map(({ port }) => `127.0.0.1:${port}`).join(",");
}

/** Starts `ghost-replica check` with the configuration of a cluster's first replica; it never rejects. */
export function startCheck(cluster: Cluster, options: CheckRun = {}) {
  const { args = [], env = {} } = options;
  const pods = "pods" in options ? options.pods : podsOf(cluster.replicas);
  const { directory } = cluster.replica(0);
  const folder = dirname(directory);
  const { PATH = "", HOME = "" } = process.env;
  return execa(
    process.execPath,
    ["--import", HOSTS, programIn(folder), "check", ...(pods === undefined ? [] : ["--pods", pods]), ...args],
    {
      cwd: directory,
      extendEnv: false,
      env: { PATH, HOME, NODE_EXTRA_CA_CERTS: certificateIn(folder), ...env },
      reject: false,
      all: true,
      timeout: 120_000,
      killSignal: "SIGKILL",
    },
  );
}
