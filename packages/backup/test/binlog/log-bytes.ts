import { crc32 } from "node:zlib";
import { EVENT } from "../../src/binlog/events.ts";

/** An event as a server with binlog_checksum=CRC32 writes it. */
export function event(type: number, seconds: number, body: Uint8Array = Buffer.alloc(0)): Buffer {
  const length = 19 + body.length + 4;
  const header = Buffer.alloc(19);
  header.writeUInt32LE(seconds, 0);
  header.writeUInt8(type, 4);
  header.writeUInt32LE(7, 5);
  header.writeUInt32LE(length, 9);
  const bytes = Buffer.concat([header, body, Buffer.alloc(4)]);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, -4)), length - 4);
  return bytes;
}

/** The first one of each file; its last byte before the checksum says that there are checksums. */
export const format = (seconds: number): Buffer => event(EVENT.format, seconds, Buffer.from([4, 0, 0, 1]));

/** The beginning of a transaction that was committed at this time in ms. */
export function gtid(committed: number): Buffer {
  const body = Buffer.alloc(42 + 7);
  const micros = Math.round(committed * 1000);
  body.writeUIntLE(micros % 2 ** 48, 42, 6);
  // the highest bit says that the time of the first server follows
  body.writeUInt8(Math.floor(micros / 2 ** 48) | 0x80, 48);
  return event(EVENT.gtid, Math.floor(committed / 1000), body);
}

/** @param changes databases that the server noted; undefined: none */
export function query(chosen: string, statement: string, changes?: readonly string[]): Buffer {
  const names = changes?.flatMap((name) => [Buffer.from(name), Buffer.alloc(1)]) ?? [];
  const variables = Buffer.concat([
    // flags, the mode, the catalogue, the character sets, the invoker, and the microseconds, as servers write them
    Buffer.from([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 6, 3, 115, 116, 100, 4, 0, 0, 0, 0, 0, 0]),
    Buffer.from([11, 1, 114, 1, 37]),
    ...(changes ? [Buffer.from([12, changes.length]), ...names] : []),
    Buffer.from([13, 0, 0, 0]),
  ]);
  const head = Buffer.alloc(13);
  head.writeUInt8(Buffer.byteLength(chosen), 8);
  head.writeUInt16LE(variables.length, 11);
  const body = Buffer.concat([head, variables, Buffer.from(chosen), Buffer.alloc(1), Buffer.from(statement)]);
  return event(EVENT.query, 1, body);
}

/** Rows, which pass in parts. */
export const rows = (bytes: number): Buffer => event(30, 1, Buffer.alloc(bytes, 7));
