import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { forward } from "./cluster/forward.ts";
import type { Replica } from "./cluster/replica.ts";

/** A replica that tells what it knew of the site when this was called, and nothing newer. */
export async function startStalePod(replica: Replica): Promise<{ port: number; close(): void }> {
  const path = "/ghost/api/admin/site/";
  const site = await replica.text(path);
  const server = createServer((incoming, response) => {
    if (incoming.url === path) response.setHeader("content-type", "application/json").end(site);
    else void forward(incoming, response, replica);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
