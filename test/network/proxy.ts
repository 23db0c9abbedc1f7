import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { Connection } from "./connection.ts";
import { ArmedFault, type TransportFault } from "./transport-fault.ts";

export interface ProxyOptions {
  /** Where connections go: the URL of an S3 store, or of another proxy. */
  target: string;
  /** Where it listens; a free port by default. */
  port?: number;
  /** Round trip in milliseconds; half of it each way. Default 0. */
  rtt?: number;
  /** Unacknowledged bytes a connection may have under way in each direction. Default 4 MiB. */
  windowBytes?: number;
}

export interface ProxyStats {
  /** Connections that are open now. */
  open: number;
  /** Connections since the start. */
  total: number;
  /** Connections that a fault has struck. */
  struck: number;
  /** Bytes delivered to the target, and back to clients. */
  uploaded: number;
  downloaded: number;
}

export interface Proxy {
  port: number;
  url: string;
  /** Sets the fault for open and new connections; `undefined` lifts it. */
  set(fault: TransportFault | undefined): void;
  stats(): ProxyStats;
  /** Cuts every connection and frees the port. */
  close(): Promise<void>;
}

/** Linux's default upper bound for a TCP window (net.ipv4.tcp_wmem) is 4 MiB. */
const WINDOW_BYTES = 4 * 1024 * 1024;

/** A TCP proxy on loopback with the delay, the window and, when asked, the faults of a distant connection. */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const target = new URL(options.target);
  const connections = new Set<Connection>();
  const counts = { total: 0, struck: 0, uploaded: 0, downloaded: 0 };
  let fault: ArmedFault | undefined;

  const forget = async (connection: Connection): Promise<void> => {
    await connection.closed;
    connection.destroy();
    connections.delete(connection);
    counts.uploaded += connection.delivered.upload;
    counts.downloaded += connection.delivered.download;
  };

  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (socket) => {
    counts.total += 1;
    const connection = new Connection(socket, {
      target: { host: target.hostname, port: Number(target.port || 80) },
      rtt: options.rtt ?? 0,
      windowBytes: options.windowBytes ?? WINDOW_BYTES,
      fault: () => fault,
      onStrike: () => (counts.struck += 1),
    });
    connections.add(connection);
    void forget(connection);
  });
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  return {
    port,
    url: `http://127.0.0.1:${port}`,
    set(next) {
      fault = next && new ArmedFault(next);
      if (fault === undefined) for (const connection of connections) connection.lift();
    },
    stats() {
      const open = [...connections].map((connection) => connection.delivered);
      return {
        ...counts,
        open: connections.size,
        uploaded: open.reduce((sum, { upload }) => sum + upload, counts.uploaded),
        downloaded: open.reduce((sum, { download }) => sum + download, counts.downloaded),
      };
    },
    async close() {
      server.close();
      const closing = [...connections].map((connection) => connection.closed);
      for (const connection of connections) connection.destroy();
      await Promise.all(closing);
    },
  };
}
