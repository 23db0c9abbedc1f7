import { EXIT, Failure } from "../failure.ts";
import { Definitions, type Definition, type DefinerAccount } from "./definitions.ts";
import { isRowsEnd, Splitter, type Piece } from "./splitter.ts";
import { readInsert, RowSummer, sumRows, type RowSum } from "./rows.ts";

/** Where a dump stands in the server's binary log. */
export interface Position {
  readonly file: string;
  readonly offset: number;
  /** The set of transactions, of servers that number them. */
  readonly gtid: string | null;
}

export interface TableRows extends RowSum {
  readonly name: string;
}

/** What a dump holds, as far as two dumps of the same data have it in common. */
export interface Contents {
  readonly tables: readonly TableRows[];
  readonly definitions: readonly Definition[];
  readonly definers: readonly DefinerAccount[];
  readonly position: Position | null;
  /** Bytes of its text. */
  readonly bytes: number;
}

/** mysqldump's last line. Without it something ended early, whatever the exit code says. */
const MARKER = "-- Dump completed";

const BINLOG =
  /CHANGE (?:REPLICATION SOURCE|MASTER) TO (?:SOURCE|MASTER)_LOG_FILE='([^']+)', (?:SOURCE|MASTER)_LOG_POS=(\d+)/;
const GTID = /GTID_PURGED=(?:\/\*!80000 '\+'\*\/ )?'\+?([^']*)'/;

/** Reads a dump while it passes: every row is counted and summed, every definition noted. */
export class ContentsReader {
  readonly #splitter = new Splitter();
  readonly #tables = new Map<string, RowSummer>();
  readonly #definitions = new Definitions();
  #bytes = 0;
  #log: { file: string; offset: number } | undefined;
  #gtid: string | null = null;
  #complete = false;

  push(chunk: Buffer): void {
    this.#bytes += chunk.length;
    for (const piece of this.#splitter.push(chunk)) this.#read(piece);
  }

  /** @throws {Failure} when the dump is not whole */
  end(): Contents {
    for (const piece of this.#splitter.end()) this.#read(piece);
    if (!this.#complete) throw incomplete();
    const definitions = this.#definitions.found;
    // a table without a row has no INSERT
    const names = definitions.filter(({ kind }) => kind === "table").map(({ name }) => name);
    const tables = names.map((name) => ({ name, ...(this.#tables.get(name) ?? new RowSummer()).result() }));
    const stray = [...this.#tables.keys()].find((name) => !names.includes(name));
    if (stray !== undefined) throw new Error(`The dump has rows of ${stray}, and no such table.`);
    const position = this.#log ? { ...this.#log, gtid: this.#gtid } : null;
    return { tables, definitions, definers: this.#definitions.definers, position, bytes: this.#bytes };
  }

  #read({ kind, text }: Piece): void {
    // the marker counts as the last piece only
    this.#complete = false;
    if (kind === "rows") this.#rows(text);
    else if (kind === "statement") this.#definitions.add(text);
    else this.#comment(text.toString("utf8"));
  }

  #rows(line: Buffer): void {
    if (!isRowsEnd(line)) throw incomplete();
    const { table, from } = readInsert(line);
    let summer = this.#tables.get(table);
    if (!summer) this.#tables.set(table, (summer = new RowSummer()));
    sumRows(line, from, summer);
  }

  #comment(line: string): void {
    if (line.startsWith(MARKER)) {
      this.#complete = true;
      return;
    }
    const [, file, offset] = BINLOG.exec(line) ?? [];
    if (file && offset) this.#log = { file, offset: Number(offset) };
    const [, gtid] = GTID.exec(line) ?? [];
    if (gtid !== undefined) this.#gtid = gtid.replaceAll(/\s/g, "");
  }
}

function incomplete(): Failure {
  return new Failure('The dump does not end with "-- Dump completed".', {
    effect: "It is not whole, and no backup; earlier ones are untouched.",
    next: "Look for what ended mysqldump early; the lines before this one say it.",
    exitCode: EXIT.failed,
  });
}
