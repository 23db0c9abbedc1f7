import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

type Connect = HttpAgent["createConnection"];

/** Agents whose connections are made within a time, and kept for further requests. */
export function agentsFor(
  connectTimeoutMs: number,
  maxSockets: number,
): { httpAgent: HttpAgent; httpsAgent: HttpsAgent } {
  const httpAgent = new HttpAgent({ keepAlive: true, maxSockets });
  const httpsAgent = new HttpsAgent({ keepAlive: true, maxSockets });
  httpAgent.createConnection = within(connectTimeoutMs, httpAgent.createConnection.bind(httpAgent), "connect");
  httpsAgent.createConnection = within(connectTimeoutMs, httpsAgent.createConnection.bind(httpsAgent), "secureConnect");
  return { httpAgent, httpsAgent };
}

function within(ms: number, connect: Connect, ready: "connect" | "secureConnect"): Connect {
  return (options, callback) => {
    const socket = connect(options, callback) as Duplex | null | undefined;
    if (socket) giveUpAfter(socket as Socket, ms, ready);
    return socket;
  };
}

function giveUpAfter(socket: Socket, ms: number, ready: string): void {
  const timer = setTimeout(() => {
    // The SDK tries again after this code.
    socket.destroy(
      Object.assign(new Error(`No connection to the object store within ${ms} ms.`), { code: "ETIMEDOUT" }),
    );
  }, ms);
  const clear = (): void => clearTimeout(timer);
  socket.once(ready, clear).once("close", clear);
}
