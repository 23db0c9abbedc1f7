import { EXIT, Failure } from "../failure.ts";
import {
  closedFormat,
  committedAt,
  EVENT,
  EventReader,
  hasChecksums,
  MAGIC,
  noEvents,
  type EventHeader,
} from "./events.ts";
import type { StoredSegment } from "./names.ts";
import { readQuery, withDatabase } from "./query-event.ts";
import type { OpenSegment } from "./read-segment.ts";
import type { LogPosition } from "./route.ts";

/** They say where the log goes on, which is known. */
const ENDS: ReadonlySet<number> = new Set([EVENT.rotate, EVENT.stop]);

const NOT_ROWS: ReadonlySet<number> = new Set([EVENT.loadBlock, EVENT.loadQuery]);

/** Enough of a statement to be found. */
const SHOWN = 200;

export interface DatabaseLogRequest {
  readonly database: string;
  readonly from: LogPosition;
  /** Transactions that were committed later are left out, in ms; undefined: none is. */
  readonly until: number | undefined;
}

/**
 * What happened to one database, as one log for mysqlbinlog, from a place up to a moment.
 *
 * Rows of other databases are left to `mysqlbinlog --database`. Statements are not: it goes by the database that was
 * chosen when they ran, so that `DROP TABLE ghost.posts` with another one chosen, or none, would be left out, and
 * `DROP TABLE shop.orders` with this one chosen would not be. Here it is what the server noted that they change that
 * counts. The end is a moment of commits: `--stop-datetime` goes by the time when statements began, and takes with it
 * what was committed later.
 */
export class DatabaseLog {
  /** Committed last of what was taken, in ms. */
  lastCommit: number | undefined;
  transactions = 0;
  readonly #request: DatabaseLogRequest;
  #file: string | undefined;
  #checksums = false;
  #ended = false;

  constructor(request: DatabaseLogRequest) {
    this.#request = request;
  }

  async *bytes(segments: AsyncIterable<OpenSegment>): AsyncGenerator<Buffer> {
    for await (const { segment, bytes } of segments) {
      yield* this.#segment(segment, bytes);
      if (this.#ended) return;
    }
  }

  async *#segment(segment: StoredSegment, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const reader = new EventReader();
    let skip = MAGIC.length;
    let offset: number | undefined;
    let taken = false;
    for await (const chunk of source) {
      const begin = Math.min(skip, chunk.length);
      skip -= begin;
      for (const { header, bytes } of reader.push(chunk.subarray(begin))) {
        if (offset === undefined) {
          yield* this.#head(segment, header, bytes);
          offset = segment.start || MAGIC.length + bytes.length;
          continue;
        }
        const event = header ? this.#event(segment, offset, header, bytes) : bytes;
        if (this.#ended) return;
        if (header) taken = event !== undefined;
        offset += bytes.length;
        if (taken && event) yield event;
      }
    }
    reader.end();
  }

  /** Of each file once; one log may hold several. */
  *#head({ file }: StoredSegment, header: EventHeader | undefined, bytes: Buffer): Generator<Buffer> {
    if (header?.type !== EVENT.format) throw noEvents("its first event does not say its format");
    if (this.#file === file.name) return;
    if (this.#file === undefined) yield MAGIC;
    this.#file = file.name;
    this.#checksums = hasChecksums(bytes);
    yield closedFormat(bytes);
  }

  #event({ file }: StoredSegment, offset: number, header: EventHeader, bytes: Buffer): Buffer | undefined {
    const { from, until } = this.#request;
    const committed = committedAt(header, bytes);
    const late = committed !== undefined && until !== undefined && committed > until;
    if (file.name === from.file && offset < from.offset) {
      if (late) throw tooNew(committed);
      return undefined;
    }
    if (late) {
      this.#ended = true;
      return undefined;
    }
    if (committed !== undefined) {
      this.lastCommit = committed;
      this.transactions += 1;
    }
    if (ENDS.has(header.type)) return undefined;
    if (NOT_ROWS.has(header.type)) throw this.#unable("LOAD DATA that was not logged as rows");
    return header.type === EVENT.query ? this.#query(bytes) : bytes;
  }

  #query(bytes: Buffer): Buffer | undefined {
    const { database } = this.#request;
    const { database: chosen, changes, statement, frame } = readQuery(bytes, this.#checksums);
    if (frame) return bytes;
    const changed = changes ?? (chosen ? [chosen] : []);
    if (!changed.includes(database)) return undefined;
    if (changed.length > 1) throw this.#unable(`${statement.slice(0, SHOWN)} (changes ${changed.join(", ")})`);
    return chosen === database ? bytes : withDatabase(bytes, this.#checksums, database);
  }

  #unable(what: string): Failure {
    const before = this.lastCommit === undefined ? "" : `, as --at ${new Date(this.lastCommit - 1).toISOString()}`;
    return new Failure(`What cannot be repeated for "${this.#request.database}" alone is in the log: ${what}.`, {
      effect: "Nothing was changed.",
      next: `Take a moment before it${before}, or a backup that was made behind it.`,
      exitCode: EXIT.unavailable,
    });
  }
}

function tooNew(committed: number): Failure {
  const time = new Date(committed).toISOString();
  return new Failure(`The backup holds what was committed at ${time}, which is later than the moment.`, {
    effect: "Nothing was changed.",
    next: "Take a moment before the backup was begun, so that the one before it is taken, or a later one.",
    exitCode: EXIT.usage,
  });
}
