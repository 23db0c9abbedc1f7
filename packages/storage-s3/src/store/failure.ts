import { InternalServerError, isGhostError, NotFoundError, type GhostError } from "../errors.ts";

/** Permission that an operation needs. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html */
export const PERMISSIONS: Readonly<Record<string, string>> = {
  PutObject: "s3:PutObject",
  CreateMultipartUpload: "s3:PutObject",
  UploadPart: "s3:PutObject",
  CompleteMultipartUpload: "s3:PutObject",
  AbortMultipartUpload: "s3:AbortMultipartUpload",
  GetObject: "s3:GetObject",
  HeadObject: "s3:GetObject and s3:ListBucket (without the latter S3 answers 403 for what is missing)",
  DeleteObject: "s3:DeleteObject",
  ListObjectsV2: "s3:ListBucket",
};

interface ServiceError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number; readonly attempts?: number; readonly requestId?: string };
  readonly code?: string;
}

export interface Attempt {
  readonly operation: string;
  readonly bucket: string;
  readonly key: string;
  /** What the caller's work amounts to now, as in "Nothing was stored." */
  readonly effect: string;
}

const UNREACHABLE = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

export const statusOf = (error: unknown): number | undefined => (error as ServiceError).$metadata?.httpStatusCode;
export const attemptsOf = (error: unknown): number => (error as ServiceError).$metadata?.attempts ?? 1;

/** S3 says NoSuchKey to a GET and a bare 404 to a HEAD; a missing bucket is no missing file. */
export const isMissing = (error: unknown): boolean =>
  statusOf(error) === 404 && (error as Error).name !== "NoSuchBucket" && (error as Error).name !== "NoSuchUpload";

/** `If-None-Match: *` met an existing key. */
export const isTaken = (error: unknown): boolean => statusOf(error) === 412;

/** Another write to the same key is under way. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
export const isConflict = (error: unknown): boolean => statusOf(error) === 409;

/** Turns what the SDK threw into an error that says the cause, the effect and the next step. */
export function failure(error: unknown, attempt: Attempt): GhostError {
  if (isGhostError(error as Error)) return error as GhostError;
  const cause = error as ServiceError;
  const { operation, bucket, key, effect } = attempt;
  if (isMissing(cause)) {
    return withoutAnswer(
      new NotFoundError({ err: cause, message: `Could not read file: ${key}`, code: "STATIC_FILE_NOT_FOUND" }),
    );
  }
  const { message, help, code } = explain(cause, attempt);
  return withoutAnswer(
    new InternalServerError({
      err: cause,
      code,
      message: `${message} ${effect}`,
      context: `${operation} s3://${bucket}/${key}, ${attemptsOf(cause)} attempt(s)${cause.$metadata?.requestId ? `, request ${cause.$metadata.requestId}` : ""}: ${cause.message}`,
      help,
    }),
  );
}

/** The SDK's errors carry the raw answer, and with it the request with its signature and session token. */
function withoutAnswer(error: GhostError): GhostError {
  delete (error as { $response?: unknown }).$response;
  return error;
}

function explain(cause: ServiceError, { operation, bucket }: Attempt): { message: string; help: string; code: string } {
  const status = statusOf(cause);
  // First: the SDK names a refused connection a TimeoutError as well.
  if (cause.code && UNREACHABLE.has(cause.code)) {
    return {
      code: "S3_UNREACHABLE",
      message: `The object store cannot be reached (${cause.code}).`,
      help: "Check endpoint and network; `storage-s3 doctor` tries every operation.",
    };
  }
  if (cause.name === "TimeoutError" || cause.name === "AbortError") {
    return {
      code: "S3_TIMEOUT",
      message: "The object store did not answer in time.",
      help: "Try again. If it stays so, check the network to the store: idleTimeoutMs and operationTimeoutMs are the deadlines.",
    };
  }
  if (cause.name === "SourceChangedError") {
    return {
      code: "S3_SOURCE_CHANGED",
      message: "The file was changed while it was being stored.",
      help: "Upload the file again.",
    };
  }
  if (cause.name === "CredentialsProviderError") {
    return {
      code: "S3_NO_CREDENTIALS",
      message: "There are no credentials for the object store.",
      help: "Set accessKeyId and secretAccessKey, or give the process a role (IRSA, Pod Identity, ECS, instance profile).",
    };
  }
  if (cause.name === "NoSuchBucket") {
    return {
      code: "S3_NO_BUCKET",
      message: `There is no bucket "${bucket}".`,
      help: "Create it, or correct bucket, region and endpoint.",
    };
  }
  if (status === 403) {
    return {
      code: "S3_FORBIDDEN",
      message: `The object store refused ${operation} (${cause.name}).`,
      help: `The credentials need ${PERMISSIONS[operation] ?? "more rights"} on bucket "${bucket}"; \`storage-s3 doctor\` tries every operation.`,
    };
  }
  if (status === 429 || (status && status >= 500)) {
    return {
      code: "S3_UNAVAILABLE",
      message: `The object store is overloaded or out of order (${status} ${cause.name}).`,
      help: "Try again in a moment.",
    };
  }
  return {
    code: "S3_ERROR",
    message: `The object store answered ${cause.name}.`,
    help: "`storage-s3 doctor` tries every operation.",
  };
}
