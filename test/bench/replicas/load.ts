import { Agent, get } from "node:http";
import { performance } from "node:perf_hooks";
import type { Replica } from "../../integration/replicas/cluster/replica.ts";

/** Enough that a process always has a request waiting. */
const CONNECTIONS = 16;

/** Requests for the home page, to all the processes in turn, as fast as they answer; answered ones a second. */
export async function requestsPerSecond(replicas: readonly Replica[], host: string, seconds: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const headers = { host, "x-forwarded-proto": "https" };
  const end = performance.now() + seconds * 1000;
  let answered = 0;
  const client = async (first: number): Promise<void> => {
    for (let turn = first; performance.now() < end; turn += 1) {
      const { port } = replicas[turn % replicas.length]!;
      await new Promise<void>((resolve, reject) => {
        get({ host: "127.0.0.1", port, path: "/", agent, headers }, (response) => {
          if (response.statusCode !== 200) reject(new Error(`The home page was answered with ${response.statusCode}`));
          response.resume().on("end", resolve);
        }).on("error", reject);
      });
      answered += 1;
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, index) => client(index)));
  agent.destroy();
  return answered / ((performance.now() - began) / 1000);
}
