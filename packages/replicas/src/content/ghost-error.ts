import type { Ghost } from "../ghost/ghost.ts";
import { reasonOf } from "../failure.ts";

type GhostErrorClass = new (options: {
  message: string;
  context?: string;
  help?: string;
  code?: string;
  err?: Error;
}) => Error;

interface GhostErrors {
  readonly InternalServerError: GhostErrorClass;
  readonly ValidationError: GhostErrorClass;
}

/** A change that is not to happen on one replica alone, as Ghost's API answers it and the admin shows it. */
export function notShared(ghost: Ghost, what: string, cause: unknown): Error {
  const { InternalServerError } = errorsOf(ghost);
  return new InternalServerError({
    message: `${what} could not be shared with the other replicas: ${reasonOf(cause)}.`,
    context: "Nothing was changed: the site is as it was before.",
    help: "Look whether the bucket and the database can be reached, then try again.",
    code: "CONTENT_NOT_SHARED",
    ...(cause instanceof Error && { err: cause }),
  });
}

/** Of a disk or a quota. */
export function isDiskFull(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT"].includes(String((error as NodeJS.ErrnoException | undefined)?.code));
}

/** A change that this replica's disk has no room for. */
export function notWritten(ghost: Ghost, what: string, cause: unknown): Error {
  const { InternalServerError } = errorsOf(ghost);
  return new InternalServerError({
    message: `${what} could not be written by this replica: ${reasonOf(cause)}.`,
    context: "Nothing was changed: the site is as it was before.",
    help: "Free space for content/themes and for temporary files, or give the replica more, then try again.",
    code: "CONTENT_NOT_WRITTEN",
    ...(cause instanceof Error && { err: cause }),
  });
}

/** A request that cannot be done, and why. */
export function notAllowed(ghost: Ghost, message: string): Error {
  const { ValidationError } = errorsOf(ghost);
  return new ValidationError({ message });
}

function errorsOf(ghost: Ghost): GhostErrors {
  return ghost.require("@tryghost/errors") as GhostErrors;
}
