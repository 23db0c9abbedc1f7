import { requireFromGhost } from "../ghost.ts";

/** What an operation leaves in the log; never a credential, a signature or a header. */
export interface LogFields {
  readonly operation: string;
  readonly key?: string | undefined;
  readonly bytes?: number | undefined;
  readonly ms?: number | undefined;
  readonly attempts?: number | undefined;
  readonly requestId?: string | undefined;
  readonly error?: string | undefined;
}

type Level = "debug" | "info" | "warn" | "error";
type Logger = Record<Level, (fields: { system: object }, message: string) => void>;

/** Ghost's own logger, so that lines go where Ghost's go; the console where there is no Ghost. */
let logger: Logger | undefined;

/** Sends the lines elsewhere: a command has an output of its own. */
export function logTo(write: (level: Level, line: string) => void): void {
  const to =
    (level: Level) =>
    (_fields: object, line: string): void =>
      write(level, line);
  logger = { debug: to("debug"), info: to("info"), warn: to("warn"), error: to("error") };
}

export function log(level: Level, message: string, fields: LogFields): void {
  logger ??= ghostLogger() ?? consoleLogger;
  const text = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
  logger[level]({ system: { storage: fields } }, `[storage-s3] ${message} ${text}`);
}

function ghostLogger(): Logger | undefined {
  const found = requireFromGhost("@tryghost/logging") as (Logger & { default?: Logger }) | undefined;
  return found?.default ?? found;
}

const print =
  (level: Level) =>
  (_fields: object, message: string): void => {
    if (level !== "debug") process.stderr.write(`${new Date().toISOString()} ${level} ${message}\n`);
  };

const consoleLogger: Logger = {
  debug: print("debug"),
  info: print("info"),
  warn: print("warn"),
  error: print("error"),
};
