import { hash } from "node:crypto";

export const KINDS = ["table", "view", "trigger", "procedure", "function", "library", "event"] as const;
export type Kind = (typeof KINDS)[number];

/** How one thing in a database is defined. */
export interface Definition {
  readonly kind: Kind;
  readonly name: string;
  /** SHA-256 of its statement and of the session's settings that are part of its meaning. */
  readonly sha256: string;
}

const NAME = "`((?:[^`]|``)+)`";
const DEFINER = /DEFINER=`((?:[^`]|``)*)`@`((?:[^`]|``)*)`/;

/** Statements of mysqldump that define something, by how they begin. */
const FORMS: readonly (readonly [Kind, RegExp])[] = [
  ["table", new RegExp(`^CREATE TABLE (?:IF NOT EXISTS )?${NAME}`)],
  ["view", new RegExp(`^/\\*!50001 CREATE [\\s\\S]*?/\\*!50001 VIEW ${NAME} AS`)],
  ["trigger", new RegExp(`^/\\*!50003 CREATE\\*/ [\\s\\S]*?/\\*!50003 TRIGGER (?:IF NOT EXISTS )?${NAME}`)],
  ["event", new RegExp(`^/\\*!50106 CREATE\\*/ [\\s\\S]*?/\\*!50106 EVENT (?:IF NOT EXISTS )?${NAME}`)],
  ["procedure", new RegExp(`^CREATE (?:DEFINER=\\S+ )?PROCEDURE (?:IF NOT EXISTS )?${NAME}`)],
  ["function", new RegExp(`^CREATE (?:DEFINER=\\S+ )?(?:AGGREGATE )?FUNCTION (?:IF NOT EXISTS )?${NAME}`)],
  ["library", new RegExp(`^CREATE LIBRARY (?:IF NOT EXISTS )?${NAME}`)],
];

/** Settings that a trigger, a routine or an event keeps from the session that made it. */
const SETTING =
  /^(?:\/\*!\d+ )?SET (sql_mode|character_set_client|character_set_results|collation_connection|time_zone)\s*=\s*(\S[\s\S]*?)\s*(?:\*\/)?$/i;

export interface DefinerAccount {
  readonly user: string;
  readonly host: string;
}

/** Gathers what the statements of a dump define. */
export class Definitions {
  readonly found: Definition[] = [];
  readonly #definers = new Map<string, DefinerAccount>();
  readonly #settings = new Map<string, string>();

  add(statement: Buffer): void {
    // a routine that was made among other statements keeps their semicolon, and loses it when it is made again
    const text = statement.toString("utf8").replace(/[;\s]+$/, "");
    const [, setting, value] = SETTING.exec(text) ?? [];
    if (setting && value) {
      // back to what it was before: nothing that the next one keeps
      if (value.startsWith("@")) this.#settings.delete(setting.toLowerCase());
      else this.#settings.set(setting.toLowerCase(), value);
      return;
    }
    for (const [kind, form] of FORMS) {
      const [, name] = form.exec(text) ?? [];
      if (name === undefined) continue;
      const context = kind === "table" ? "" : [...this.#settings.entries()].toSorted().join("\n");
      this.found.push({ kind, name: unquote(name), sha256: hash("sha256", `${context}\n${text}`, "hex") });
      this.#noteDefiner(text);
      return;
    }
  }

  /** Accounts with whose rights views, triggers, routines and events run. */
  get definers(): DefinerAccount[] {
    return [...this.#definers.values()];
  }

  #noteDefiner(text: string): void {
    const [, user, host] = DEFINER.exec(text) ?? [];
    if (user === undefined || host === undefined) return;
    this.#definers.set(`${user}@${host}`, { user: unquote(user), host: unquote(host) });
  }
}

const unquote = (name: string): string => name.replaceAll("``", "`");
