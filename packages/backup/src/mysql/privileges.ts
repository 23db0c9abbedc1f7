import { quoteName } from "./connection.ts";

/** Rights on the database itself. SHOW VIEW, TRIGGER and EVENT: without them mysqldump leaves things out. */
const ON_DATABASE = ["SELECT", "SHOW VIEW", "TRIGGER", "EVENT"] as const;

/** What an account may do, as far as it matters for dumps. */
export interface Rights {
  /** Missing for a whole dump; named as GRANT does. */
  missing(database: string): string[];
  /** Whether a dump can note its place in the binary log. */
  readonly mayNotePosition: boolean;
  /** Missing to read the binary log. */
  readonly missingForLog: readonly string[];
  /** Whether it may make a view or a trigger that runs as somebody else. */
  readonly mayNameDefiners: boolean;
}

interface Grant {
  readonly rights: ReadonlySet<string>;
  readonly on: string;
  readonly revoked: boolean;
}

const GRANT = /^(GRANT|REVOKE) (.+) ON (\*\.\*|`(?:[^`]|``)+`\.\*) (?:TO|FROM) /s;

/**
 * Reads `SHOW GRANTS`, with the roles that are active. A right that is missing must be found before the dump: without
 * TRIGGER or SHOW_ROUTINE mysqldump ends well and the triggers and routines are not in the dump.
 */
export function readGrants(lines: readonly string[]): Rights {
  const grants = lines.flatMap(parse);
  const everywhere = (right: string): boolean =>
    grants.some(({ on, rights, revoked }) => !revoked && on === "*.*" && has(rights, right));
  const onDatabase = (right: string, database: string): boolean =>
    grants.some(({ on, rights, revoked }) => !revoked && on !== "*.*" && covers(on, database) && has(rights, right)) ||
    (everywhere(right) &&
      !grants.some(({ on, rights, revoked }) => revoked && covers(on, database) && has(rights, right)));
  return {
    missing(database) {
      const lacking = ON_DATABASE.filter((right) => !onDatabase(right, database));
      const routines = everywhere("SHOW_ROUTINE") || everywhere("SELECT");
      return [
        ...(lacking.length > 0 ? [`${lacking.join(", ")} ON ${quoteName(database)}.*`] : []),
        ...(routines ? [] : ["SHOW_ROUTINE ON *.*"]),
      ];
    },
    mayNotePosition: (everywhere("RELOAD") || everywhere("FLUSH_TABLES")) && everywhere("REPLICATION CLIENT"),
    missingForLog: ["REPLICATION SLAVE", "REPLICATION CLIENT"].filter((right) => !everywhere(right)),
    // the second one's name before MySQL 8.2
    mayNameDefiners: everywhere("SET_ANY_DEFINER") || everywhere("SET_USER_ID"),
  };
}

const has = (rights: ReadonlySet<string>, right: string): boolean =>
  rights.has(right) || (rights.has("ALL PRIVILEGES") && !/^[A-Z]+_[A-Z_]+$/.test(right));

function parse(line: string): Grant[] {
  const [, verb, list, on] = GRANT.exec(line) ?? [];
  if (!verb || !list || !on) return [];
  // a right on columns only, as in SELECT (`a`), is no right on the whole
  const rights = new Set(list.split(/,\s*(?![^(]*\))/).filter((right) => !right.includes("(")));
  return [{ rights, on, revoked: verb === "REVOKE" }];
}

/** Names of databases in a GRANT are patterns, in which `_` and `%` mean what they do for LIKE. */
function covers(on: string, database: string): boolean {
  if (on === "*.*") return true;
  const pattern = on.slice(1, -3).replaceAll("``", "`");
  const source = [...pattern.matchAll(/\\([_%\\])|(%)|(_)|([\s\S])/gu)].map(([, escaped, any, one, other]) =>
    any ? ".*" : one ? "." : (escaped ?? other ?? "").replace(/[.*+?^${}()|[\]\\/]/, "\\$&"),
  );
  return new RegExp(`^${source.join("")}$`, "su").test(database);
}
