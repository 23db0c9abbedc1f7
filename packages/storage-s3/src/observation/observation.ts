import type { S3Client } from "@aws-sdk/client-s3";
import { log } from "./log.ts";
import { durations, operations, retries, transferred } from "./metrics.ts";

/** Outcomes that are answers, not failures: a name is taken, a file is not there, nothing has changed. */
const EXPECTED = new Set([304, 404, 412, 416]);

const WRITES = /^(Put|Delete|Create|Complete|Abort|Copy)/;

interface Metadata {
  readonly attempts?: number;
  readonly requestId?: string;
  readonly httpStatusCode?: number;
}

/** Counts and logs every operation of a client. */
export function observe(client: S3Client): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const operation = (context.commandName ?? "").replace(/Command$/, "");
      const input = args.input as { Key?: string; Prefix?: string; Body?: { byteLength?: number } };
      const start = performance.now();
      const done = (outcome: string, metadata: Metadata | undefined, bytes: number | undefined): void => {
        const ms = Math.round(performance.now() - start);
        operations.inc({ operation, outcome });
        durations.observe({ operation }, ms / 1000);
        const attempts = metadata?.attempts ?? 1;
        if (attempts > 1) retries.inc({ operation }, attempts - 1);
        const failed = outcome !== "ok" && !EXPECTED.has(metadata?.httpStatusCode ?? 0);
        log(failed ? "warn" : WRITES.test(operation) ? "info" : "debug", failed ? "failed" : "done", {
          operation,
          key: input.Key ?? input.Prefix,
          bytes,
          ms,
          attempts,
          requestId: metadata?.requestId,
          ...(outcome !== "ok" && { error: outcome }),
        });
      };
      try {
        const result = await next(args);
        const output = result.output as { $metadata: Metadata; ContentLength?: number; Body?: unknown };
        const sent = input.Body?.byteLength;
        const received = output.Body ? output.ContentLength : undefined;
        if (sent) transferred.inc({ direction: "out" }, sent);
        if (received) transferred.inc({ direction: "in" }, received);
        done("ok", output.$metadata, sent ?? received);
        return result;
      } catch (error) {
        const { name, $metadata } = error as Error & { $metadata?: Metadata };
        done(name, $metadata, input.Body?.byteLength);
        throw error;
      }
    },
    { step: "initialize", name: "observe", priority: "high" },
  );
}
