import errors from "@tryghost/errors";

/**
 * Ghost's own error classes: its API answers with their status and message. Taken apart here, because Node finds no
 * named exports in the package's CommonJS file.
 * @see https://github.com/TryGhost/framework/tree/main/packages/errors
 */
export const {
  BadRequestError,
  ConflictError,
  IncorrectUsageError,
  InternalServerError,
  NotFoundError,
  RangeNotSatisfiableError,
  utils: { isGhostError },
} = errors;
export type { GhostError } from "@tryghost/errors";
