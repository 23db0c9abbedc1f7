import { EXIT, Failure, reasonOf } from "../failure.ts";
import type { Ghost } from "../ghost/ghost.ts";
import type { GhostConfig } from "../ghost/modules.ts";
import { missing, text, within, type Mistake } from "./mistake.ts";
import { checkOptions, readOptions } from "./options.ts";
import type { Options } from "./schema.ts";
import { addressUploads, mistakesOfUploads } from "./uploads.ts";

const UNCHANGED = "Ghost was not started, and nothing was changed.";

/**
 * Reads the block `replicas` of Ghost's configuration; where nothing may be kept on the disk, also whether the rest of
 * it names a place for everything.
 * @throws {Failure} with every mistake at once, exit code 64
 */
export function readConfiguration(ghost: Ghost): Options {
  const block = configOf(ghost).get("replicas") as { stateless?: unknown } | undefined;
  if (block?.stateless !== true) return readOptions(block);
  const { options, mistakes: own } = checkOptions(block);
  const mistakes = [...mistakesOfBlog(ghost.config), ...mistakesOfUploads(ghost), ...within("replicas", own)];
  if (options === undefined || mistakes.length > 0) {
    throw new Failure(`Ghost's configuration has ${text(mistakes)}`, {
      effect: UNCHANGED,
      next: "Set them as variables of these names, or in config.production.json, where a__b is b in the block a; then start again.",
      exitCode: EXIT.usage,
    });
  }
  addressUploads(ghost);
  return options;
}

/** Ghost refuses a configuration as soon as it reads it: a file that is no JSON, an address without http. */
function configOf(ghost: Ghost): GhostConfig {
  try {
    return ghost.config;
  } catch (error) {
    throw new Failure(`Ghost's configuration could not be read: ${reasonOf(error)}`, {
      effect: UNCHANGED,
      next: "Mend that in config.production.json or in the variables, then start again.",
      exitCode: EXIT.usage,
      cause: error,
    });
  }
}

/** What Ghost needs in order to reach MySQL over the network, and what would be right. */
const CONNECTION = {
  host: 'the server\'s name, as in "mysql.example.com"',
  user: 'a user of the database, as in "ghost"',
  password: "the user's password",
  database: 'the name of a database, as in "ghost"',
};

function mistakesOfBlog(config: GhostConfig): Mistake[] {
  const expected = 'the blog\'s address, as in "https://blog.example.com"';
  return [...(hasUrl(config) ? [] : [missing("url", expected)]), ...mistakesOfDatabase(config)];
}

function mistakesOfDatabase(config: GhostConfig): Mistake[] {
  const client = String(config.get("database:client"));
  if (!["mysql", "mysql2"].includes(client)) {
    const given = `given ${JSON.stringify(client)}, a file of this disk`;
    return [{ key: "database__client", given, expected: '"mysql"' }];
  }
  // empty values are what an unset variable of a template leaves
  const has = (key: string): boolean =>
    !["", undefined, null].includes(config.get(`database:connection:${key}`) as never);
  return Object.entries(CONNECTION)
    .filter(([key]) => !has(key) && !(key === "host" && has("socketPath")))
    .map(([key, expected]) => missing(`database__connection__${key}`, expected));
}

/** Where Ghost keeps what it ships: an address that is nobody's. */
const SHIPPED = new Set(["default-env", "defaults"]);

function hasUrl({ stores }: GhostConfig): boolean {
  return Object.entries(stores).some(([name, store]) => !SHIPPED.has(name) && Boolean(store.get("url")));
}
