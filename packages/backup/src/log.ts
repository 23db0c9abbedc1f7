import { reasonOf } from "./failure.ts";

export type Level = "info" | "warn" | "error";

/** One event a line, as JSON: what collects the logs of pods can search it. Never a password, key or secret URL. */
export interface Log {
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, error: unknown, fields?: object): void;
}

/** @param write gets whole lines */
export function jsonLog(write: (line: string) => void, now: () => Date = () => new Date()): Log {
  const line = (level: Level, message: string, fields: object): void =>
    write(`${JSON.stringify({ time: now().toISOString(), level, message, ...fields })}\n`);
  return {
    info: (message, fields = {}) => line("info", message, fields),
    warn: (message, fields = {}) => line("warn", message, fields),
    error: (message, error, fields = {}) => line("error", message, { reason: reasonOf(error), ...fields }),
  };
}

/** For people: the message, and what belongs to it. */
export function plainLog(write: (line: string) => void): Log {
  const line = (mark: string, message: string, fields: object): void => {
    const rest = Object.entries(fields).map(([name, value]) => `${name} ${String(value)}`);
    write(`${mark}${message}${rest.length > 0 ? ` (${rest.join(", ")})` : ""}\n`);
  };
  return {
    info: (message, fields = {}) => line("", message, fields),
    warn: (message, fields = {}) => line("Warning: ", message, fields),
    error: (message, error, fields = {}) => line("Error: ", `${message}: ${reasonOf(error)}`, fields),
  };
}
