import { EXIT, Failure, reasonOf } from "../failure.ts";

/** Permission that an operation needs. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html */
const PERMISSIONS: Readonly<Record<string, string>> = {
  PutObject: "s3:PutObject",
  CreateMultipartUpload: "s3:PutObject",
  UploadPart: "s3:PutObject",
  CompleteMultipartUpload: "s3:PutObject",
  AbortMultipartUpload: "s3:AbortMultipartUpload",
  GetObject: "s3:GetObject",
  HeadObject: "s3:GetObject and s3:ListBucket (without the latter S3 answers 403 for what is missing)",
  DeleteObject: "s3:DeleteObjectVersion",
  ListObjectsV2: "s3:ListBucket",
  RestoreObject: "s3:RestoreObject",
  CopyObject: "s3:PutObject, and s3:GetObject on the bucket that is copied from,",
};

interface ServiceError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly code?: string;
}

const UNREACHABLE = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

export const statusOf = (error: unknown): number | undefined => (error as ServiceError).$metadata?.httpStatusCode;

/** S3 says NoSuchKey to a GET and a bare 404 to a HEAD; a missing bucket is no missing object. */
export const isMissing = (error: unknown): boolean =>
  statusOf(error) === 404 && (error as Error).name !== "NoSuchBucket" && (error as Error).name !== "NoSuchUpload";

/** `If-None-Match: *` met an existing key. */
export const isTaken = (error: unknown): boolean => statusOf(error) === 412;

export const isForbidden = (error: unknown): boolean => statusOf(error) === 403;

/** Turns what the SDK threw into an error that says the cause, the effect and the next step; never its raw answer. */
export function storeFailure(error: unknown, operation: string, bucket: string, effect: string): Failure {
  if (error instanceof Failure) return error;
  const { message, next, exitCode } = explain(error as ServiceError, operation, bucket);
  // not the SDK's error itself: it carries the request with its signature
  return new Failure(message, { effect, next, exitCode, cause: reasonOf(error) });
}

type Explanation = Pick<Failure, "message" | "next" | "exitCode">;

function explain(cause: ServiceError, operation: string, bucket: string): Explanation {
  const status = statusOf(cause);
  const { unavailable: exitCode } = EXIT;
  if (cause.code && UNREACHABLE.has(cause.code)) {
    return { message: `The bucket cannot be reached (${cause.code}).`, next: "Check endpoint and network.", exitCode };
  }
  if (cause.name === "CredentialsProviderError") {
    const next = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the pod a role.";
    return { message: "There are no credentials for the bucket.", next, exitCode: EXIT.usage };
  }
  if (cause.name === "NoSuchBucket") {
    const next = "Make it (`backup bucket` sets it up), or correct bucket, region and endpoint.";
    return { message: `There is no bucket "${bucket}".`, next, exitCode };
  }
  if (cause.name === "InvalidObjectState") {
    const next =
      "verify and restore ask for archived dumps; of anything else `aws s3api restore-object` asks for a copy.";
    return { message: "The object lies in an archive and cannot be read there.", next, exitCode: EXIT.temporary };
  }
  if (status === 403) {
    const all = operation === "RestoreObject" ? "reader` prints all that a restore" : "writer` prints all that a run";
    const next = `The credentials need ${PERMISSIONS[operation] ?? "more rights"} on bucket "${bucket}"; \`backup bucket --policy ${all} needs.`;
    return { message: `The bucket refused ${operation} (${cause.name}).`, next, exitCode: EXIT.forbidden };
  }
  if (status === 429 || (status && status >= 500)) {
    const message = `The bucket is overloaded or out of order (${operation}: ${status} ${cause.name}).`;
    return { message, next: "Run it again later.", exitCode };
  }
  if (status === undefined) {
    const message = `The connection to the bucket broke or fell silent (${operation}: ${reasonOf(cause)}).`;
    return {
      message,
      next: "Check the network to the bucket, then run it again; bucketTimeout is the limit.",
      exitCode,
    };
  }
  return { message: `The bucket answered ${operation} with ${status} ${cause.name}.`, next: "Run it again.", exitCode };
}
