import type { Ghost } from "./ghost/ghost.ts";
import { reasonOf } from "./failure.ts";

type Level = "info" | "warn" | "error";
type Logger = Record<Level, (fields: { system: object }, message: string) => void>;

/** Lines in Ghost's own log, so that they go where Ghost's go; never a credential or a value of a setting. */
export interface Log {
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  /** What failed, and why. */
  error(message: string, error: unknown, fields?: object): void;
}

export function ghostLog(ghost: Ghost): Log {
  const found = ghost.require("@tryghost/logging") as Logger & { default?: Logger };
  const logger = found.default ?? found;
  const write = (level: Level, message: string, fields: object): void => {
    logger[level]({ system: { replica: fields } }, `[replica] ${message}`);
  };
  return {
    info: (message, fields = {}) => write("info", message, fields),
    warn: (message, fields = {}) => write("warn", message, fields),
    error: (message, error, fields = {}) =>
      write("error", `${message}: ${reasonOf(error)}`, { ...fields, error: reasonOf(error) }),
  };
}
