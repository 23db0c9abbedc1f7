import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { agentsFor } from "./agents.ts";
import { observe } from "../observation/observation.ts";
import type { ResolvedOptions } from "../options/options.ts";
import { DeadlineRetryStrategy } from "./retry.ts";

/**
 * Part of an operation's time in which another attempt may begin; the rest is for that attempt to end. Node notices
 * silence in the middle of a body after two idle times at the most.
 */
const RETRY_WINDOW = 0.45;

/** Part of an operation's time that a store may be silent while it puts the parts of a large file together. */
const COMPLETING = 0.8;

/** Connections for reading, for each that is for all else: readers of videos take their time. */
const READERS = 4;

const clients = new Map<string, S3Client>();

/** Sets of connections to a store: slow readers must not keep authors waiting. */
export interface Clients {
  readonly writing: S3Client;
  readonly reading: S3Client;
  /** For the end of an upload in parts. */
  readonly completing: S3Client;
}

/** The clients for these options. Classes of equal connection settings share them, with their connections. */
export function clientsFor(options: ResolvedOptions): Clients {
  const { idleTimeoutMs, operationTimeoutMs } = options;
  return {
    writing: clientFor(options),
    reading: clientFor({ ...options, maxSockets: options.maxSockets * READERS }),
    completing: clientFor({ ...options, idleTimeoutMs: Math.max(idleTimeoutMs, operationTimeoutMs * COMPLETING) }),
  };
}

/** One client for everything: for tests, and for stores with an account of their own. */
export const allWith = (client: S3Client): Clients => ({ writing: client, reading: client, completing: client });

function clientFor(options: ResolvedOptions): S3Client {
  const id = JSON.stringify(connectionOf(options));
  let client = clients.get(id);
  if (!client) {
    client = new S3Client(clientConfig(options));
    observe(client);
    clients.set(id, client);
  }
  return client;
}

function connectionOf(options: ResolvedOptions): unknown {
  const { endpoint, region, forcePathStyle, checksums, accessKeyId, secretAccessKey, sessionToken } = options;
  const { connectTimeoutMs, idleTimeoutMs, operationTimeoutMs, maxAttempts, maxSockets } = options;
  const target = { endpoint, region, forcePathStyle, checksums, accessKeyId, secretAccessKey, sessionToken };
  return { ...target, connectTimeoutMs, idleTimeoutMs, operationTimeoutMs, maxAttempts, maxSockets };
}

function clientConfig(options: ResolvedOptions): S3ClientConfig {
  const { endpoint, region, accessKeyId, secretAccessKey, sessionToken } = options;
  const checksums = options.checksums === "when_supported" ? "WHEN_SUPPORTED" : "WHEN_REQUIRED";
  const { connectTimeoutMs, maxSockets } = options;
  return {
    forcePathStyle: options.forcePathStyle,
    requestChecksumCalculation: checksums,
    responseChecksumValidation: checksums,
    // The SDK opens a connection of its own for each request that waits for "100 Continue": a handshake for every part.
    expectContinueHeader: false,
    retryStrategy: new DeadlineRetryStrategy(options.maxAttempts, options.operationTimeoutMs * RETRY_WINDOW),
    requestHandler: new NodeHttpHandler({
      // Not the handler's own connectionTimeout: it also runs while a request waits for a free connection.
      ...agentsFor(connectTimeoutMs, maxSockets),
      socketTimeout: options.idleTimeoutMs,
      // Large imports queue for connections on purpose.
      socketAcquisitionWarningTimeout: 600_000,
    }),
    ...(region && { region }),
    ...(endpoint && { endpoint }),
    ...(accessKeyId &&
      secretAccessKey && {
        credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
      }),
  };
}
