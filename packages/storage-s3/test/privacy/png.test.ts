import { crc32 } from "node:zlib";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { decode, pixels, tiff } from "./pictures.ts";
import { expectNoSecrets, strip } from "./stripped.ts";

/** Signature and IHDR. */
const HEADER = 33;
const IEND = 12;

let plain: Buffer;

beforeAll(async () => {
  plain = await pixels().png().toBuffer();
});

function chunk(type: string, data: string | Uint8Array): Buffer {
  const body = Buffer.concat([
    Buffer.from(type, "latin1"),
    typeof data === "string" ? Buffer.from(data, "latin1") : data,
  ]);
  const framed = Buffer.alloc(body.byteLength + 8);
  framed.writeUInt32BE(body.byteLength - 4, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.byteLength + 4);
  return framed;
}

const before = (...chunks: Buffer[]) => Buffer.concat([plain.subarray(0, HEADER), ...chunks, plain.subarray(HEADER)]);
const behind = (...chunks: Buffer[]) => Buffer.concat([plain.subarray(0, -IEND), ...chunks, plain.subarray(-IEND)]);

describe("chunks", () => {
  it.each([
    ["tEXt", "Author\0SECRET-AUTHOR", "text"],
    ["zTXt", "Raw profile type exif\0\0SECRET-AUTHOR", "text"],
    ["iTXt", "XML:com.adobe.xmp\0\0\0\0\0SECRET-XMP", "XMP"],
    ["iTXt", "Title\0\0\0\0\0SECRET-AUTHOR", "text"],
    ["iTXt", "", "text"],
    ["tIME", "\x07\xe9\x01\x01\x00\x00\x00", "time"],
    ["eXIf", "SECRET-PLACE", "Exif"],
    ["prVt", "SECRET-PLACE", "prVt"],
  ])("%s goes wherever it stands, and nothing else", async (type, data, name) => {
    for (const place of [before, behind]) {
      const outcome = await strip(place(chunk(type, data)), "image/png");
      expect(outcome).toMatchObject({ removed: [name], complete: true });
      expect(outcome.bytes).toEqual(plain);
    }
  });

  it("those that decide about colours, density and motion stay", async () => {
    const types = [
      "gAMA",
      "cHRM",
      "sRGB",
      "cICP",
      "iCCP",
      "sBIT",
      "pHYs",
      "tRNS",
      "bKGD",
      "acTL",
      "fcTL",
      "fdAT",
      "mDCV",
    ];
    const picture = before(...types.map((type) => chunk(type, "data")));
    expect(await strip(picture, "image/png")).toMatchObject({ untouched: true, removed: [], complete: true });
  });

  it("all that follows the end goes", async () => {
    const outcome = await strip(Buffer.concat([plain, chunk("eXIf", "SECRET-PLACE"), plain]), "image/png");
    expect(outcome).toMatchObject({ removed: ["trailer"], complete: true });
    expect(outcome.bytes).toEqual(plain);
  });

  it.each(["II", "MM"] as const)("an eXIf of byte order %s becomes one with the orientation only", async (order) => {
    const block = Buffer.concat([tiff(order, [[0x0112, 3, 5]]), Buffer.from("SECRET-PLACE")]);
    for (const data of [block, Buffer.concat([Buffer.from("Exif\0\0"), block])]) {
      const { bytes, removed } = await strip(before(chunk("eXIf", data)), "image/png");
      expect(removed).toEqual(["Exif"]);
      // The checksum is part of what is compared.
      expect(bytes).toEqual(before(chunk("eXIf", tiff("MM", [[0x0112, 3, 5]]))));
      expect((await sharp(bytes).metadata()).orientation).toBe(5);
      expect(await decode(bytes)).toEqual(await decode(plain));
    }
  });

  it("of several eXIf only the first is heard", async () => {
    const [six, three] = [6, 3].map((value) => chunk("eXIf", tiff("MM", [[0x0112, 3, value]])));
    expect((await strip(before(six!, three!), "image/png")).bytes).toEqual(before(six!));
  });

  it("an orientation behind a thumbnail of any size is found", async () => {
    const thumbnail = Buffer.alloc(300_000, "SECRET-PLACE");
    const block = tiff("MM", [[0x0112, 3, 7]]);
    block.writeUInt32BE(8 + thumbnail.byteLength, 4);
    const { bytes } = await strip(
      before(chunk("eXIf", Buffer.concat([block.subarray(0, 8), thumbnail, block.subarray(8)]))),
      "image/png",
    );
    expectNoSecrets(bytes);
    expect((await sharp(bytes).metadata()).orientation).toBe(7);
  });
});

describe("damage", () => {
  it("a truncated picture is cleaned as far as it can be read, and reported", async () => {
    const picture = before(chunk("tEXt", "Author\0SECRET-AUTHOR"));
    const outcome = await strip(picture.subarray(0, -20), "image/png");
    expect(outcome).toMatchObject({ removed: ["text"], complete: false });
    expect(outcome.bytes).toEqual(plain.subarray(0, -20));
  });

  it("pixels whose type was damaged into that of a private chunk are kept", async () => {
    const picture = Buffer.from(plain);
    picture[picture.indexOf("IDAT")]! ^= 0x20;
    const outcome = await strip(picture, "image/png");
    expect(outcome).toMatchObject({ untouched: true, complete: false });
    expect(outcome.reason).toContain("iDAT");
  });

  it.each([
    ["a chunk that a reader must understand", chunk("CgBI", "data")],
    ["a chunk longer than the file", Buffer.from("\x7f\xff\xff\xfftEXt", "latin1")],
    ["bytes that are no chunk", Buffer.from("\0\0\0\0????????")],
    ["an end before any picture", chunk("IEND", "")],
  ])("%s: what stands before is cleaned, the rest is kept and reported", async (_, junk) => {
    const outcome = await strip(before(chunk("tEXt", "SECRET-XMP"), junk), "image/png");
    expect(outcome).toMatchObject({ removed: ["text"], complete: false });
    expect(outcome.bytes).toEqual(before(junk));
  });
});
