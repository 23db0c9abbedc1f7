import { randomInt } from "node:crypto";
import { crc32, deflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Length, type and checksum of a chunk. */
const FRAME = 12;

/** Bytes of a red pixel. */
const RED = [0xd0, 0x30, 0x30];

/** By its size one picture is told from another: Ghost encodes it anew, so that its bytes are not those that were sent. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

export function someSize(): Size {
  return { width: randomInt(16, 256), height: randomInt(16, 256) };
}

/** A red PNG. @see https://www.w3.org/TR/png-3/#5Chunk-layout */
export function drawPng({ width, height }: Size): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // 8 bits a channel, RGB, and the only compression, filter and order that there are
  header.set([8, 2, 0, 0, 0], 8);
  // each row begins with its filter: none
  const row = Buffer.from([0, ...Array.from({ length: width }, () => RED).flat()]);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: height }, () => row)));
  return Buffer.concat([SIGNATURE, chunk("IHDR", header), chunk("IDAT", pixels), chunk("IEND", Buffer.alloc(0))]);
}

function chunk(type: string, data: Buffer): Buffer {
  const framed = Buffer.alloc(FRAME + data.length);
  framed.writeUInt32BE(data.length, 0);
  framed.write(type, 4, "latin1");
  data.copy(framed, 8);
  framed.writeUInt32BE(crc32(framed.subarray(4, 8 + data.length)), 8 + data.length);
  return framed;
}

/** What is wrong with a PNG: not one, cut off, damaged, or of another size; undefined for the right one, whole. */
export function flawOf(bytes: Buffer, { width, height }: Size): string | undefined {
  if (!bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE)) return `${bytes.length} bytes that are no PNG`;
  let size: string | undefined;
  for (let at = SIGNATURE.length; at + FRAME <= bytes.length;) {
    const length = bytes.readUInt32BE(at);
    const end = at + FRAME + length;
    if (end > bytes.length) break;
    const type = bytes.toString("latin1", at + 4, at + 8);
    if (crc32(bytes.subarray(at + 4, end - 4)) !== bytes.readUInt32BE(end - 4)) return `a PNG with a damaged ${type}`;
    if (type === "IHDR") size = `${bytes.readUInt32BE(at + 8)} × ${bytes.readUInt32BE(at + 12)}`;
    if (type === "IEND") return size === `${width} × ${height}` ? undefined : `a picture of ${size} pixels`;
    at = end;
  }
  return `a PNG that ends after ${bytes.length} bytes`;
}
