import { readFileSync } from "node:fs";
import type { Mistake } from "./mistake.ts";
import { metaOf, optionNames, type OptionName } from "./schema.ts";

export type Env = Readonly<Record<string, string | undefined>>;

/** Parts of a configuration, still to be checked. */
export type Block = Record<string, unknown>;

const FILE_SUFFIX = "_FILE";

/** Variables of one MySQL account, by their name behind the prefix. */
const ACCOUNT = {
  HOST: "host",
  PORT: "port",
  USER: "user",
  PASSWORD: "password",
  TLS: "tls",
  TLS_CA: "tlsCa",
} as const;

const SERVER = { NAME: "name", ...ACCOUNT, DATABASES: "databases" } as const;
const SCRATCH = { DIRECTORY: "directory", ...ACCOUNT } as const;

const NUMBERS = new Set([
  "port",
  "compressionLevel",
  "partBytes",
  "loadConnections",
  "deferIndexesFrom",
  "bucketTimeout",
  "stallTimeout",
  "binlogInterval",
]);
const LISTS = new Set(["content", "databases", "recipients"]);

/** What Kubernetes puts into every pod for a service named "mysql" or "backup": no settings of ours. */
const SERVICE_LINK = /_SERVICE_|_PORT_\d+_|_PORT$/;

/**
 * The configuration that stands in variables. Any of them with `_FILE` behind its name gives the name of a file with
 * the value, as Docker and Kubernetes mount secrets.
 */
export function readEnvironment(env: Env, mistakes: Mistake[]): Block {
  const known = new Set<string>();
  const value = (variable: string): string | undefined => {
    known.add(variable).add(variable + FILE_SUFFIX);
    return valueOf(env, variable, mistakes);
  };
  const block: Block = {};
  for (const option of optionNames) {
    const variable = metaOf(option)?.env;
    const given = variable && value(variable);
    if (given) block[option] = parse(option, given);
  }
  const server = account("MYSQL_", SERVER, value);
  if (Object.keys(server).length > 0) block["servers"] = [server];
  const scratch = account("BACKUP_SCRATCH_", SCRATCH, value);
  if (Object.keys(scratch).length > 0) block["scratch"] = scratch;
  known.add("BACKUP_CONFIG");
  mistakes.push(...unknown(env, known));
  return block;
}

function account(
  prefix: string,
  names: Readonly<Record<string, string>>,
  value: (variable: string) => string | undefined,
): Block {
  const block: Block = {};
  for (const [suffix, key] of Object.entries(names)) {
    const given = value(prefix + suffix);
    // tcp://10.0.0.1:3306 in MYSQL_PORT is Kubernetes' own note of a service that happens to be named "mysql"
    if (given && !(key === "port" && given.startsWith("tcp://"))) block[key] = parse(key, given);
  }
  return block;
}

/** An empty variable is what an unset one of a template leaves: it counts as not given. */
function valueOf(env: Env, variable: string, mistakes: Mistake[]): string | undefined {
  const path = env[variable + FILE_SUFFIX];
  if (!path) return env[variable] || undefined;
  if (env[variable]) {
    mistakes.push({
      key: variable,
      given: `given twice, also by ${variable}${FILE_SUFFIX}`,
      expected: "one of the two",
    });
  }
  try {
    return readFileSync(path, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    const given = `${JSON.stringify(path)} cannot be read: ${(error as Error).message}`;
    mistakes.push({ key: variable + FILE_SUFFIX, given, expected: "a file that can be read" });
    return undefined;
  }
}

function parse(key: string, given: string): unknown {
  if (NUMBERS.has(key) && /^\d+$/.test(given)) return Number(given);
  if (key === "forcePathStyle" && /^(?:true|false)$/.test(given)) return given === "true";
  if (!LISTS.has(key)) return given;
  const items = given
    .split(/[,\n]/)
    .map((item) => item.trim())
    .filter(Boolean);
  return key === "content" ? items.map((bucket) => ({ bucket })) : items;
}

/** A misspelt variable would be a backup that does not do what somebody thinks it does. */
function unknown(env: Env, known: ReadonlySet<string>): Mistake[] {
  return Object.entries(env)
    .filter(([name, value]) => name.startsWith("BACKUP_") && value && !known.has(name) && !SERVICE_LINK.test(name))
    .map(([name]) => ({ key: name, given: "no such variable", expected: nearest(name, known) }));
}

const letters = (word: string): string => [...word].toSorted().join("");

function nearest(name: string, known: ReadonlySet<string>): string {
  const near = [...known].find(
    (other) => letters(other) === letters(name) || other.startsWith(name) || name.startsWith(other),
  );
  return near ? `"${near}"` : "one of those in the README of @stateless-ghost/backup";
}

/** The variable or the path that a person would correct. */
export function variableOf(option: OptionName): string | undefined {
  return metaOf(option)?.env;
}
