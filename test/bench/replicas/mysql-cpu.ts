import { getContainerRuntimeClient } from "testcontainers";
import type { Mysql } from "../../integration/replicas/cluster/mysql.ts";

const NANOSECONDS = 1e9;

/** What the server has used since its start, by Docker's account of its container. */
export async function mysqlCpuSeconds({ port }: Mysql): Promise<number> {
  const { dockerode } = (await getContainerRuntimeClient()).container;
  const containers = await dockerode.listContainers();
  const server = containers.find(({ Ports }) => Ports.some(({ PublicPort }) => PublicPort === port));
  if (!server) throw new Error(`No container has port ${port}`);
  const stats = await dockerode.getContainer(server.Id).stats({ stream: false, "one-shot": true });
  return stats.cpu_stats.cpu_usage.total_usage / NANOSECONDS;
}
