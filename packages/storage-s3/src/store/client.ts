import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { observe } from "../observation/observation.ts";
import type { ResolvedOptions } from "../options/options.ts";
import { DeadlineRetryStrategy } from "./retry.ts";

/** Part of an operation's time in which another attempt may begin; the rest is for that attempt to end. */
const RETRY_WINDOW = 0.6;

const clients = new Map<string, S3Client>();

/** The client for these options. Classes of equal connection settings share one, with its connections. */
export function clientFor(options: ResolvedOptions): S3Client {
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
  const agent = { keepAlive: true, maxSockets: options.maxSockets };
  return {
    forcePathStyle: options.forcePathStyle,
    requestChecksumCalculation: checksums,
    responseChecksumValidation: checksums,
    // The SDK opens a connection of its own for each request that waits for "100 Continue": a handshake for every part.
    expectContinueHeader: false,
    retryStrategy: new DeadlineRetryStrategy(options.maxAttempts, options.operationTimeoutMs * RETRY_WINDOW),
    requestHandler: new NodeHttpHandler({
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent(agent),
      connectionTimeout: options.connectTimeoutMs,
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
