import type { ResultSetHeader } from "mysql2/promise";
import { readInsert } from "../dump/rows.ts";
import { Splitter, isRowsEnd, type Piece } from "../dump/splitter.ts";
import { EXIT, Failure, orInterrupted, reasonOf } from "../failure.ts";
import type { Connection } from "../mysql/connection.ts";
import { Lanes } from "./lanes.ts";
import { halve } from "./table-definition.ts";
import { FinalViews, isFinalView } from "./views.ts";

/** The session of mysqldump's own text, for connections that see rows only. */
const SESSION = [
  // mysql2 would learn of "utf8mb4" and take the text for characters instead of bytes
  "SET SESSION session_track_system_variables=''",
  "SET NAMES utf8mb4",
  "SET TIME_ZONE='+00:00'",
  "SET UNIQUE_CHECKS=0, FOREIGN_KEY_CHECKS=0, SQL_MODE='NO_AUTO_VALUE_ON_ZERO', SQL_NOTES=0",
] as const;

/** What a dump says to a replica; said to this server, its binary log would lack the restore. */
const FOR_REPLICAS = /SQL_LOG_BIN|GTID_PURGED/;

const CREATE_TABLE = /^CREATE TABLE /;

/** Neither needs all rows nor touches them. */
const HARMLESS = /^(?:\/\*!\d+ )?SET |^\/\*!50001 (?:DROP VIEW|CREATE VIEW) /;

/** @see https://dev.mysql.com/doc/mysql-errors/9.7/en/server-error-reference.html */
const FULL: ReadonlySet<string> = new Set(["ER_RECORD_FILE_FULL", "ER_DISK_FULL"]);

export interface LoadRequest {
  /** Connections to the database, with the charset `binary`: the first for definitions, the others for rows. */
  readonly connections: readonly [Connection, ...Connection[]];
  /** Bytes of a table's rows, to know which indexes are worth waiting. */
  readonly bytesOf: (table: string) => number;
  /** Below it an index costs less than the statement that makes it afterwards. */
  readonly deferIndexesFrom: number;
  readonly onRows?: (bytes: number) => void;
  readonly signal: AbortSignal;
}

interface OpenTable {
  readonly alter: readonly string[];
  readonly pending: Set<Promise<void>>;
}

/**
 * Loads a dump into an empty database. Definitions run one after the other on one connection, in the dump's order;
 * rows go to all the others at once, whole INSERTs at a time; what could see rows that are not there yet, as a
 * trigger does, waits for them.
 */
export class Loader {
  readonly #request: LoadRequest;
  readonly #main: Connection;
  readonly #lanes: Lanes;
  readonly #splitter = new Splitter();
  readonly #views: FinalViews;
  #table: OpenTable | undefined;
  #statements = 0;

  constructor(request: LoadRequest) {
    const [main, ...others] = request.connections;
    this.#request = request;
    this.#main = main;
    this.#lanes = new Lanes(others, request.signal);
    this.#views = new FinalViews((statement) => this.#execute(main, statement));
  }

  /** @throws {Failure} that says which statement failed, by its number and its first words */
  async run(source: AsyncIterable<Buffer>): Promise<void> {
    try {
      for (const connection of this.#request.connections) {
        for (const statement of SESSION) await connection.query(statement);
      }
      for await (const chunk of source) {
        for (const piece of this.#splitter.push(chunk)) await this.#load(piece);
      }
      for (const piece of this.#splitter.end()) await this.#load(piece);
      await this.#closeTable();
      await this.#views.finish();
    } finally {
      // what is under way must not outlive the connections
      await this.#lanes.drain().catch(() => {});
    }
    await this.#lanes.drain();
  }

  async #load({ kind, text }: Piece): Promise<void> {
    if (kind === "comment") return;
    this.#statements += 1;
    if (kind === "rows") {
      await this.#rows(text);
      return;
    }
    const head = text.toString("latin1", 0, 200);
    if (FOR_REPLICAS.test(head)) return;
    if (CREATE_TABLE.test(head)) {
      await this.#create(text.toString("latin1"));
      return;
    }
    if (!HARMLESS.test(head)) {
      await this.#closeTable();
      await this.#lanes.drain();
    }
    const statement = text.toString("latin1");
    if (isFinalView(head)) await this.#views.make(statement);
    else await this.#execute(this.#main, statement);
    this.#views.passed(statement);
  }

  async #create(statement: string): Promise<void> {
    await this.#closeTable();
    const name = Buffer.from(/`((?:[^`]|``)+)`/.exec(statement)?.[1] ?? "", "latin1").toString("utf8");
    const large = this.#request.bytesOf(name.replaceAll("``", "`")) >= this.#request.deferIndexesFrom;
    const { create, alter } = large ? halve(statement) : { create: statement, alter: [] };
    await this.#execute(this.#main, create);
    this.#table = { alter, pending: new Set() };
  }

  async #rows(text: Buffer): Promise<void> {
    if (!isRowsEnd(text)) throw this.#failed(new Error("its rows have no end"), text.toString("latin1", 0, 80));
    const statement = text.toString("latin1");
    const { length } = text;
    const { ended } = await this.#lanes.begin(async (connection) => {
      await this.#execute(connection, statement, () => readInsert(text).table);
      this.#request.onRows?.(length);
    });
    const table = this.#table;
    table?.pending.add(ended);
    void ended.finally(() => table?.pending.delete(ended));
  }

  /** The indexes of a table are made while the next one's rows come. */
  async #closeTable(): Promise<void> {
    const table = this.#table;
    this.#table = undefined;
    if (!table || table.alter.length === 0) return;
    const rows = [...table.pending];
    await this.#lanes.begin(async (connection) => {
      await Promise.all(rows);
      for (const statement of table.alter) await this.#execute(connection, statement);
    });
  }

  /**
   * The bytes of the dump as they are: the connection takes each character of the text for one byte.
   * @returns how many warnings the server had
   */
  async #execute(connection: Connection, statement: string, about?: () => string): Promise<number> {
    try {
      // a connection that is cut says nothing to those who wait for it
      const [answer] = await orInterrupted(connection.query<ResultSetHeader>(statement), this.#request.signal);
      return answer.warningStatus;
    } catch (error) {
      if (error instanceof Failure || (error as { code?: string }).code === "ER_LOCK_DEADLOCK") throw error;
      throw this.#failed(error, about ? `rows of ${about()}` : statement.slice(0, 80).split("\n")[0]);
    }
  }

  #failed(error: unknown, what: string | undefined): Failure {
    if (FULL.has((error as { code?: string }).code ?? "")) return noRoom(what, error);
    // the server quotes values in some messages, but only those of a key
    return new Failure(`Statement ${this.#statements} of the dump (${what ?? ""}) failed: ${reasonOf(error)}`, {
      effect: "The dump was not loaded to its end.",
      next: "Compare the versions of the two servers, their sql_mode and character sets.",
      exitCode: EXIT.mismatch,
      cause: error,
    });
  }
}

function noRoom(what: string | undefined, cause: unknown): Failure {
  return new Failure(`The disk of the server is full (${what ?? ""}): ${reasonOf(cause)}`, {
    effect: "The dump was not loaded to its end.",
    next: "Give the server more room; the one that dumps are tried in has its data in scratch.directory.",
    exitCode: EXIT.unavailable,
    cause,
  });
}
