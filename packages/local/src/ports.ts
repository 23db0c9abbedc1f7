import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Failure } from "./failure.ts";

/** Everything here answers on this machine only. */
export const LOOPBACK = "127.0.0.1";

export interface PortUse {
  port: number;
  /** What was to answer there, as a person would call it. */
  purpose: string;
  /** The option of the command that chooses another port. */
  option: string;
}

/** The error to show when a port could not be opened. */
export function portTaken(error: unknown, { port, purpose, option }: PortUse): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== "EADDRINUSE" && code !== "EACCES") return error;
  const reason = code === "EACCES" ? "needs a privilege that this user does not have" : "is in use by another program";
  return new Failure(`Port ${port} ${reason}; the ${purpose} was to answer there.`, {
    effect: "Nothing was started, and nothing was changed.",
    next: `Stop that program, or choose another port: npm start -- ${option} ${port < 60_000 ? port + 10_000 : port - 10_000}`,
    error,
  });
}

/** Opens the server's port, or says which one is taken and what to do. */
export async function listen(server: Server, use: PortUse): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(portTaken(error, use)));
    server.listen(use.port, LOOPBACK, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Ends a server and the connections that are open. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

/** Finds out that a port can be had without keeping it: for a process that opens it itself. */
export async function requireFreePort(use: PortUse): Promise<number> {
  const server = createServer();
  const port = await listen(server, use);
  await closeServer(server);
  return port;
}
