import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { stripMetadata } from "../../src/privacy/strip.ts";
import { WINDOW_SIZE } from "../../src/privacy/window.ts";
import { fromBytes, type Source } from "../../src/upload/source.ts";

const MEGABYTE = 1024 * 1024;
const LARGE = 100 * MEGABYTE;

interface Counted extends Source {
  readonly largest: () => number;
  readonly total: () => number;
}

/** Bytes that come into being when they are read: a beginning, a pattern without end, and an end. */
function generated(head: Uint8Array, pattern: Uint8Array, repeated: number, tail: Uint8Array): Counted {
  let largest = 0;
  let total = 0;
  const middle = pattern.byteLength * repeated;
  return {
    size: head.byteLength + middle + tail.byteLength,
    largest: () => largest,
    total: () => total,
    async read(target, offset) {
      largest = Math.max(largest, target.byteLength);
      total += target.byteLength;
      for (let index = 0; index < target.byteLength; index++) {
        const at = offset + index - head.byteLength;
        if (at < 0) target[index] = head[at + head.byteLength]!;
        else if (at < middle) target[index] = pattern[at % pattern.byteLength]!;
        else target[index] = tail[at - middle]!;
      }
    },
  };
}

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");
const EXIF = Buffer.concat([hex("ffe1 0014"), Buffer.from("Exif\0\0SECRET-PLACE")]);
const SCAN = hex("ffda 0008 0101 0000 3f00");

/** Entropy-coded bytes with stuffing and a restart. */
const ENTROPY = Buffer.concat([Buffer.alloc(1021, 0x5a), hex("ff00 ffd3")]);

function pngChunk(type: string, data: Uint8Array): Buffer {
  const chunk = Buffer.concat([Buffer.alloc(4), Buffer.from(type), data, Buffer.alloc(4)]);
  chunk.writeUInt32BE(data.byteLength, 0);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), chunk.byteLength - 4);
  return chunk;
}

describe("a picture of 100 MB", () => {
  it("jpeg: is read once, through a small window", async () => {
    const repeated = Math.floor(LARGE / ENTROPY.byteLength);
    const head = Buffer.concat([hex("ffd8"), EXIF, SCAN]);
    const tail = Buffer.concat([hex("ffd9"), EXIF]);
    const source = generated(head, ENTROPY, repeated, tail);
    const { source: stripped, removed, complete } = await stripMetadata(source, "image/jpeg");
    expect({ removed, complete }).toEqual({ removed: ["Exif", "trailer"], complete: true });
    expect(stripped.size).toBe(source.size - 2 * EXIF.byteLength);
    expect(source.largest()).toBeLessThanOrEqual(WINDOW_SIZE);
    expect(source.total()).toBeLessThan(1.01 * source.size + 3 * WINDOW_SIZE);

    const end = Buffer.alloc(6);
    await stripped.read(end, stripped.size - end.byteLength);
    expect(end).toEqual(hex("ff00 ffd3 ffd9"));
  });

  it("png: its pixels are not read at all", async () => {
    const header = hex("89504e470d0a1a0a");
    const head = Buffer.concat([
      header,
      pngChunk("tEXt", Buffer.from("SECRET-PLACE")),
      Buffer.alloc(4),
      Buffer.from("IDAT"),
    ]);
    head.writeUInt32BE(LARGE, head.byteLength - 8);
    const tail = Buffer.concat([
      Buffer.alloc(4),
      pngChunk("eXIf", Buffer.from("SECRET")),
      pngChunk("IEND", Buffer.alloc(0)),
    ]);
    const source = generated(head, Buffer.from([1]), LARGE, tail);
    const { removed, complete } = await stripMetadata(source, "image/png");
    expect({ removed, complete }).toEqual({ removed: ["text", "Exif"], complete: true });
    expect(source.total()).toBeLessThan(4 * WINDOW_SIZE);
  });
});

describe("pictures made to keep a reader busy end soon", { timeout: 10_000 }, () => {
  const repeat = (pattern: string) => Buffer.alloc(10 * MEGABYTE, hex(pattern));
  const gif = Buffer.concat([Buffer.from("GIF89a"), Buffer.alloc(7)]);
  const ftyp = Buffer.concat([hex("00000010"), Buffer.from("ftypavif\0\0\0\0")]);

  it.each([
    ["jpeg of fill bytes", "image/jpeg", Buffer.concat([hex("ffd8"), repeat("ff")])],
    ["jpeg of comments", "image/jpeg", Buffer.concat([hex("ffd8"), repeat("fffe 0002")])],
    ["jpeg of tables", "image/jpeg", Buffer.concat([hex("ffd8"), repeat("ffdb 0002")])],
    ["jpeg of comments between tables", "image/jpeg", Buffer.concat([hex("ffd8"), repeat("fffe 0002 ffdb 0002")])],
    ["jpeg of scans", "image/jpeg", Buffer.concat([hex("ffd8"), repeat("ffda 0002 00")])],
    ["jpeg of stuffed bytes", "image/jpeg", Buffer.concat([hex("ffd8"), SCAN, repeat("ff00")])],
    [
      "png of empty chunks",
      "image/png",
      Buffer.concat([hex("89504e470d0a1a0a"), repeat("00000000 74455874 00000000")]),
    ],
    ["gif of short blocks", "image/gif", Buffer.concat([gif, hex("21fe"), repeat("0101")])],
    ["gif of comments between images", "image/gif", Buffer.concat([gif, repeat("21fe00 2c0000000000000000000000")])],
    ["avif of empty boxes", "image/avif", Buffer.concat([ftyp, repeat("00000008 6d646174")])],
  ])("%s", async (_, type, bytes) => {
    expect(await stripMetadata(fromBytes(bytes), type)).toMatchObject({ complete: false });
  });

  it("avif of nested boxes", async () => {
    const bytes = Buffer.concat([ftyp, repeat("00000000 6d6f6f76")]);
    const { source, complete } = await stripMetadata(fromBytes(bytes), "image/avif");
    expect({ size: source.size, complete }).toEqual({ size: bytes.byteLength, complete: true });
  });

  it("webp of empty chunks", async () => {
    const bytes = Buffer.concat([Buffer.from("RIFF\0\0\0\0WEBP"), repeat("56503820 00000000 58585858 00000000")]);
    bytes.writeUInt32LE(bytes.byteLength - 8, 4);
    const outcome = await stripMetadata(fromBytes(bytes), "image/webp");
    expect(outcome).toMatchObject({ complete: false, removed: [] });
    expect(outcome.reason).toContain("pieces of metadata");
  });
});
