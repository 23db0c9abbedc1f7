import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { EXIT, Failure, reasonOf } from "../failure.ts";

/** Where Ghost listens unless it is told otherwise. */
const PORT = 2368;

/** One replica as it is found in the network. */
export interface Pod {
  /** As it stands in the report. */
  readonly name: string;
  /** Origin that its requests go to. */
  readonly address: string;
}

/** Answers with all addresses of a host. */
export type Lookup = (host: string) => Promise<readonly { address: string; family: number }[]>;

const system: Lookup = (host) => lookup(host, { all: true });

/**
 * All replicas behind a list of hosts: a headless Kubernetes Service is one host with an address a pod.
 * @param list hosts, each with a port or without, separated by commas
 * @throws {Failure} when the list has mistakes or a host is not known
 */
export async function findPods(list: string, ask: Lookup = system): Promise<Pod[]> {
  const hosts = list.split(",").map((item) => parseHost(item.trim(), list));
  const found = await Promise.all(
    hosts.map(async ({ host, port }) => (await addressesOf(host, ask)).map((address) => podAt(address, port))),
  );
  // a pod that is named twice is asked once
  return [...new Map(found.flat().map((pod) => [pod.name, pod])).values()];
}

interface Host {
  readonly host: string;
  readonly port: number;
}

function parseHost(item: string, list: string): Host {
  const url = URL.canParse(`http://${item}`) ? new URL(`http://${item}`) : undefined;
  const plain = url && `${url.pathname}${url.search}${url.hash}${url.username}${url.password}` === "/";
  if (!url || !plain || item.includes("/")) {
    throw new Failure(`--pods: "${item}" in "${list}" is not a host.`, {
      effect: "Nothing was checked or changed.",
      next: 'Give hosts with or without a port, separated by commas, as in "blog-pods" or "10.0.0.1:2368,10.0.0.2:2368".',
      exitCode: EXIT.usage,
    });
  }
  // a URL does not show the port 80, which is what was asked for then
  const port = url.port === "" ? (item.endsWith(":80") ? 80 : PORT) : Number(url.port);
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port };
}

async function addressesOf(host: string, ask: Lookup): Promise<string[]> {
  if (isIP(host)) return [host];
  try {
    const found = await ask(host);
    // in a network with both families each pod has an address of either
    const family = Math.min(...found.map((one) => one.family));
    return found
      .filter((one) => one.family === family)
      .map(({ address }) => address)
      .toSorted();
  } catch (error) {
    throw new Failure(`The replicas could not be found: ${reasonOf(error)}`, {
      effect: "Nothing was changed.",
      next: `Look whether the Service "${host}" exists, is headless (clusterIP: None), and has a pod that is ready.`,
      exitCode: EXIT.failed,
      cause: error,
    });
  }
}

function podAt(address: string, port: number): Pod {
  const name = `${isIP(address) === 6 ? `[${address}]` : address}:${port}`;
  return { name, address: `http://${name}` };
}
