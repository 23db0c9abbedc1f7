import { crc32 } from "node:zlib";
import { CHECKSUM_BYTES, HEADER_BYTES, noEvents } from "./events.ts";

/** Where things stand in it. @see https://dev.mysql.com/doc/dev/mysql-server/latest/classbinary__log_1_1Query__event.html */
const LENGTH_AT = 9;
const NAME_LENGTH_AT = HEADER_BYTES + 8;
const VARIABLES_LENGTH_AT = HEADER_BYTES + 11;
const VARIABLES_AT = HEADER_BYTES + 13;

/** The names of all databases that the statement changes, among the variables of its session. */
const DATABASES = 12;

/** Written instead of their number when there are more than 16. */
const TOO_MANY = 254;

/** Bytes of each variable, by its number; a function for those that say it themselves. */
const VARIABLE_BYTES: Readonly<Record<number, number | ((bytes: Buffer, at: number) => number)>> = {
  0: 4,
  1: 8,
  2: (bytes, at) => bytes.readUInt8(at) + 2,
  3: 4,
  4: 6,
  5: (bytes, at) => bytes.readUInt8(at) + 1,
  6: (bytes, at) => bytes.readUInt8(at) + 1,
  7: 2,
  8: 2,
  9: 8,
  10: 4,
  11: (bytes, at) => {
    const user = bytes.readUInt8(at) + 1;
    return user + bytes.readUInt8(at + user) + 1;
  },
  13: 3,
  16: 1,
  17: 8,
  18: 2,
  19: 1,
  20: 1,
};

/** What stands between the statements of a transaction, whatever database is chosen. */
const FRAME = /^(?:BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE SAVEPOINT|XA )/;

export interface QueryEvent {
  /** That was chosen when it ran; empty when none was. */
  readonly database: string;
  /** That it changes, as the server noted; undefined when it noted none, or too many. */
  readonly changes: readonly string[] | undefined;
  readonly statement: string;
  /** Whether it only begins or ends a transaction or a part of one. */
  readonly frame: boolean;
}

/** @param bytes the whole event */
export function readQuery(bytes: Buffer, checksums: boolean): QueryEvent {
  const { name, statement, end } = partsOf(bytes, checksums);
  const text = bytes.toString("utf8", statement, end);
  return {
    database: bytes.toString("utf8", name, statement - 1),
    changes: changedDatabases(bytes, VARIABLES_AT, name),
    statement: text,
    frame: FRAME.test(text),
  };
}

/** The same event as if another database had been chosen. */
export function withDatabase(bytes: Buffer, checksums: boolean, database: string): Buffer {
  const { name, statement, end } = partsOf(bytes, checksums);
  const chosen = Buffer.from(database, "utf8");
  const event = Buffer.concat([bytes.subarray(0, name), chosen, Buffer.alloc(1), bytes.subarray(statement, end)]);
  event.writeUInt8(chosen.length, NAME_LENGTH_AT);
  event.writeUInt32LE(event.length + (checksums ? CHECKSUM_BYTES : 0), LENGTH_AT);
  if (!checksums) return event;
  const sum = Buffer.alloc(CHECKSUM_BYTES);
  sum.writeUInt32LE(crc32(event));
  return Buffer.concat([event, sum]);
}

function partsOf(bytes: Buffer, checksums: boolean): { name: number; statement: number; end: number } {
  const name = VARIABLES_AT + bytes.readUInt16LE(VARIABLES_LENGTH_AT);
  const statement = name + bytes.readUInt8(NAME_LENGTH_AT) + 1;
  return { name, statement, end: bytes.length - (checksums ? CHECKSUM_BYTES : 0) };
}

function changedDatabases(bytes: Buffer, from: number, end: number): string[] | undefined {
  for (let at = from; at < end;) {
    const variable = bytes.readUInt8(at);
    at += 1;
    if (variable === DATABASES) return namesAt(bytes, at);
    const size = VARIABLE_BYTES[variable];
    if (size === undefined) throw noEvents(`a statement has the variable ${variable}, which is not known`);
    at += typeof size === "number" ? size : size(bytes, at);
  }
  return undefined;
}

function namesAt(bytes: Buffer, from: number): string[] | undefined {
  const count = bytes.readUInt8(from);
  if (count === TOO_MANY) return undefined;
  const names: string[] = [];
  for (let at = from + 1; names.length < count;) {
    const end = bytes.indexOf(0, at);
    names.push(bytes.toString("utf8", at, end));
    at = end + 1;
  }
  return names;
}
