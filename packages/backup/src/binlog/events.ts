import { EXIT, Failure } from "../failure.ts";

/** What every file of a binary log begins with. */
export const MAGIC = Buffer.from([0xfe, 0x62, 0x69, 0x6e]);

/** @see https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_replication_binlog_event.html */
export const HEADER_BYTES = 19;

/** Behind each event, of servers that write them (binlog_checksum). */
export const CHECKSUM_BYTES = 4;

/** The kinds of events that this program looks into. */
export const EVENT = {
  query: 2,
  stop: 3,
  rotate: 4,
  format: 15,
  loadBlock: 17,
  loadQuery: 18,
  gtid: 33,
  anonymousGtid: 34,
  taggedGtid: 42,
} as const;

/** They are small, and mean something to this program; rows can be large, and pass in parts. */
const WHOLE: ReadonlySet<number> = new Set(Object.values(EVENT));

export interface EventHeader {
  readonly type: number;
  /** When its statement began, in seconds since 1970, by the server's clock. */
  readonly seconds: number;
  /** Bytes, with this header. */
  readonly length: number;
}

/** An event, or a part of one: the first part has the header. */
export interface EventPart {
  readonly header: EventHeader | undefined;
  readonly bytes: Buffer;
}

export function readHeader(bytes: Buffer, at: number): EventHeader {
  const header = {
    seconds: bytes.readUInt32LE(at),
    type: bytes.readUInt8(at + 4),
    length: bytes.readUInt32LE(at + 9),
  };
  if (header.length < HEADER_BYTES) throw noEvents(`an event has the length ${header.length}`);
  return header;
}

/** Finds the events in the bytes of a binary log, which begin with an event. */
export class EventReader {
  /** Of an event that is not whole yet. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  #needed = HEADER_BYTES;
  /** Bytes that are still to come of an event that passes in parts. */
  #open = 0;

  *push(chunk: Buffer): Generator<EventPart> {
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#open === 0 && this.#heldBytes < this.#needed) return;
    const bytes = this.#held.length === 1 ? chunk : Buffer.concat(this.#held);
    let at = 0;
    for (let part = this.#next(bytes, at); part; part = this.#next(bytes, at)) {
      yield part;
      at += part.bytes.length;
    }
    const rest = bytes.subarray(at);
    this.#held = rest.length > 0 ? [rest] : [];
    this.#heldBytes = rest.length;
  }

  /** @throws {Failure} when the last event is not whole */
  end(): void {
    if (this.#open > 0 || this.#heldBytes > 0) throw noEvents("its last event is cut");
  }

  #next(bytes: Buffer, at: number): EventPart | undefined {
    const there = bytes.length - at;
    if (this.#open > 0) return there > 0 ? this.#part(undefined, bytes, at) : undefined;
    this.#needed = HEADER_BYTES;
    if (there < HEADER_BYTES) return undefined;
    const header = readHeader(bytes, at);
    if (WHOLE.has(header.type) && there < header.length) {
      this.#needed = header.length;
      return undefined;
    }
    this.#open = header.length;
    return this.#part(header, bytes, at);
  }

  #part(header: EventHeader | undefined, bytes: Buffer, at: number): EventPart {
    const part = bytes.subarray(at, at + this.#open);
    this.#open -= part.length;
    return { header, bytes: part };
  }
}

/** Where the time of the commit stands in the event that begins a transaction, in microseconds. */
const COMMIT_TIME_AT = HEADER_BYTES + 42;
const COMMIT_TIME_BYTES = 7;
/** The 56th bit says whether another time follows. */
const COMMIT_TIME_HIGH = 0x7f;

/**
 * When the transaction that begins with this event was committed, in ms since 1970 by the server's clock. Transactions
 * stand in the log in the order of their commits. MySQL writes the time since 8.0; where it is missing, and for
 * transactions with tagged numbers, which are written otherwise, it is the second in which the statement began.
 * @returns undefined for events that begin no transaction
 */
export function committedAt({ type, length, seconds }: EventHeader, bytes: Buffer): number | undefined {
  if (type === EVENT.taggedGtid) return seconds * 1000;
  if (type !== EVENT.gtid && type !== EVENT.anonymousGtid) return undefined;
  if (length < COMMIT_TIME_AT + COMMIT_TIME_BYTES) return seconds * 1000;
  const low = bytes.readUIntLE(COMMIT_TIME_AT, 6);
  const high = bytes.readUInt8(COMMIT_TIME_AT + 6) & COMMIT_TIME_HIGH;
  return (high * 2 ** 48 + low) / 1000;
}

/** Whether the events of a file have checksums; its first event says so, which always has one itself. */
export const hasChecksums = (format: Buffer): boolean => format.readUInt8(format.length - CHECKSUM_BYTES - 1) === 1;

const FLAGS_AT = 17;
const IN_USE = 1;

/**
 * A file's first event as if the server had closed the file. With the flag of a file that is in use, mysqlbinlog takes
 * damage for the end of the file and says nothing. The event's checksum is computed without the flag.
 */
export function closedFormat(format: Buffer): Buffer {
  const closed = Buffer.from(format);
  closed.writeUInt16LE(closed.readUInt16LE(FLAGS_AT) & ~IN_USE, FLAGS_AT);
  return closed;
}

export function noEvents(why: string): Failure {
  return new Failure(`The binary log cannot be understood: ${why}.`, {
    effect: "Nothing of it was used.",
    next: "Compare the versions of the server and of mysqlbinlog.",
    exitCode: EXIT.mismatch,
  });
}
