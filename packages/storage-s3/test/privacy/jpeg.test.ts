import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { decode, photo, pixels, tiff } from "./pictures.ts";
import { expectNoSecrets, strip } from "./stripped.ts";

const SOI = Buffer.from([0xff, 0xd8]);
const EOI = Buffer.from([0xff, 0xd9]);
const ORIENTATION = 0x0112;

let plain: Buffer;
let progressive: Buffer;

beforeAll(async () => {
  plain = await pixels().jpeg().toBuffer();
  progressive = await pixels(64, 64).jpeg({ progressive: true }).toBuffer();
});

function segment(marker: number, ...parts: (string | Uint8Array)[]): Buffer {
  const data = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part)));
  const header = Buffer.from([0xff, marker, 0, 0]);
  header.writeUInt16BE(data.byteLength + 2, 2);
  return Buffer.concat([header, data]);
}

/** The picture with segments directly behind its beginning. */
function withSegments(picture: Buffer, ...segments: Buffer[]): Buffer {
  return Buffer.concat([SOI, ...segments, picture.subarray(2)]);
}

const exif = (block: Uint8Array) => segment(0xe1, "Exif\0\0", block);

async function orientationOf(picture: Buffer): Promise<number> {
  return (await sharp(picture).metadata()).orientation ?? 1;
}

describe("segments", () => {
  it.each([
    ["extended XMP", segment(0xe1, "http://ns.adobe.com/xmp/extension/\0SECRET-XMP"), "XMP"],
    ["IPTC", segment(0xed, "Photoshop 3.0\0SECRET-AUTHOR"), "IPTC"],
    ["multi-picture index", segment(0xe2, "MPF\0SECRET-PLACE"), "MPF"],
    ["FlashPix", segment(0xe2, "FPXR\0SECRET-PLACE"), "APP2"],
    ["content credentials", segment(0xeb, "JP\0\0SECRET-AUTHOR"), "APP11"],
    ["a thumbnail", segment(0xe0, "JFXX\0SECRET-AUTHOR"), "APP0"],
    ["a private segment", segment(0xe7, "SECRET-AUTHOR"), "APP7"],
    ["a comment", segment(0xfe, "SECRET-AUTHOR"), "comment"],
    ["what is not Adobe's", segment(0xee, "SECRET-AUTHOR"), "APP14"],
    ["an empty segment", segment(0xef), "APP15"],
  ])("%s goes, and nothing else", async (_, extra, name) => {
    const outcome = await strip(withSegments(plain, extra), "image/jpeg");
    expect(outcome).toMatchObject({ removed: [name], complete: true });
    expect(outcome.bytes).toEqual(plain);
  });

  it("fill bytes before a marker do not hide it", async () => {
    const outcome = await strip(
      withSegments(plain, Buffer.alloc(200_000, 0xff), segment(0xfe, "SECRET-XMP")),
      "image/jpeg",
    );
    expectNoSecrets(outcome.bytes);
    expect(outcome.complete).toBe(true);
  });

  it("between the scans of a progressive picture they go too", async () => {
    const scan = progressive.lastIndexOf(Buffer.from([0xff, 0xda]));
    const table = progressive.lastIndexOf(Buffer.from([0xff, 0xc4]), scan);
    const picture = Buffer.concat([
      progressive.subarray(0, table),
      segment(0xfe, "SECRET-AUTHOR"),
      exif(Buffer.from("SECRET-PLACE")),
      progressive.subarray(table),
    ]);
    const outcome = await strip(picture, "image/jpeg");
    expect(outcome).toMatchObject({ removed: ["comment", "Exif"], complete: true });
    expect(outcome.bytes).toEqual(progressive);
  });

  it("restart markers belong to the scan", async () => {
    const jpeg = withRestarts(plain);
    const outcome = await strip(Buffer.concat([jpeg, Buffer.from("SECRET-PLACE")]), "image/jpeg");
    expect(outcome).toMatchObject({ removed: ["trailer"], complete: true });
    expect(outcome.bytes).toEqual(jpeg);
  });

  it("the thumbnail within JFIF goes, its density stays", async () => {
    const thumbnail = Buffer.concat([Buffer.from([2, 2]), Buffer.from("SECRET-PLACE")]);
    const jfif = segment(0xe0, "JFIF\0", Buffer.from([1, 2, 1, 0, 72, 0, 96]), thumbnail);
    const outcome = await strip(withSegments(plain, jfif), "image/jpeg");
    expect(outcome).toMatchObject({ removed: ["thumbnail"], complete: true });
    expect(outcome.bytes.subarray(2, 20)).toEqual(segment(0xe0, "JFIF\0", Buffer.from([1, 2, 1, 0, 72, 0, 96, 0, 0])));
    expect(await decode(outcome.bytes)).toEqual(await decode(plain));
  });

  it("what is appended to Adobe's segment goes", async () => {
    const adobe = Buffer.from([0, 100, 0, 0, 0, 0, 1]);
    const outcome = await strip(withSegments(plain, segment(0xee, "Adobe", adobe, "SECRET-AUTHOR")), "image/jpeg");
    expect(outcome.bytes).toEqual(withSegments(plain, segment(0xee, "Adobe", adobe)));
    expect(outcome.removed).toEqual(["Adobe"]);
  });
});

/** Two restart markers at the end of the entropy-coded data, stuffed bytes, and fill bytes before both kinds. */
function withRestarts(picture: Buffer): Buffer {
  const restarts = Buffer.from([0xff, 0xd0, 0x12, 0xff, 0xd7, 0x34, 0xff, 0x00, 0xff, 0xff, 0x00, 0xff]);
  return Buffer.concat([picture.subarray(0, -2), restarts, EOI]);
}

describe("what follows the end", () => {
  it("a second picture with its own place", async () => {
    const second = await photo("jpeg");
    const outcome = await strip(Buffer.concat([plain, second]), "image/jpeg");
    expect(outcome).toMatchObject({ removed: ["trailer"], complete: true });
    expect(outcome.bytes).toEqual(plain);
  });

  it("a film behind a photo with a multi-picture index", async () => {
    const film = Buffer.concat([Buffer.from("\0\0\0\x18ftypmp42"), Buffer.alloc(300_000, "SECRET-PLACE")]);
    const picture = Buffer.concat([withSegments(plain, segment(0xe2, "MPF\0MM\0*")), film]);
    const outcome = await strip(picture, "image/jpeg");
    expect(outcome.removed).toEqual(["MPF", "trailer"]);
    expect(outcome.bytes).toEqual(plain);
  });

  it("an end within metadata is not the end", async () => {
    const picture = withSegments(plain, exif(Buffer.concat([EOI, SOI, EOI])), segment(0xfe, EOI));
    expect((await strip(picture, "image/jpeg")).bytes).toEqual(plain);
  });
});

describe("orientation", () => {
  it.each(["II", "MM"] as const)("is read in byte order %s", async (order) => {
    const block = tiff(order, [
      [0x010e, 2, 0],
      [ORIENTATION, 3, 8],
      [0x8825, 4, 26],
    ]);
    const { bytes, removed } = await strip(withSegments(plain, exif(block)), "image/jpeg");
    expect(removed).toEqual(["Exif"]);
    expect(await orientationOf(bytes)).toBe(8);
    expect(bytes.byteLength).toBe(plain.byteLength + 4 + 6 + 26);
  });

  it.each([
    ["1, which is how it stands anyway", tiff("MM", [[ORIENTATION, 3, 1]])],
    ["0", tiff("MM", [[ORIENTATION, 3, 0]])],
    ["9", tiff("II", [[ORIENTATION, 3, 9]])],
    ["of a wrong type", tiff("MM", [[ORIENTATION, 2, 6 * 65_536]])],
    ["absent", tiff("MM", [])],
    ["in no byte order", Buffer.concat([Buffer.from("XX"), tiff("MM", [[ORIENTATION, 3, 6]]).subarray(2)])],
    ["in no TIFF", Buffer.concat([Buffer.from("MM\0\0"), tiff("MM", [[ORIENTATION, 3, 6]]).subarray(4)])],
    ["beyond the block", tiff("MM", [[ORIENTATION, 3, 6]]).subarray(0, 15)],
    ["in no block", Buffer.alloc(0)],
  ])("%s leaves no Exif", async (_, block) => {
    const { bytes, complete } = await strip(withSegments(plain, exif(block)), "image/jpeg");
    expect(complete).toBe(true);
    expect(bytes).toEqual(plain);
  });

  it("a directory that points far away or at itself ends the reading", async () => {
    for (const target of [0, 4, 7, 26, 0x7fff_ffff, 0xffff_ffff]) {
      const block = tiff("MM", [[0x8769, 4, 8]]);
      block.writeUInt32BE(target, 4);
      block.writeUInt32BE(8, block.byteLength - 4);
      const { bytes } = await strip(withSegments(plain, exif(block)), "image/jpeg");
      expect(await orientationOf(bytes)).toBe(1);
    }
  });

  it("a directory in the next segment is not followed", async () => {
    const block = tiff("MM", [[ORIENTATION, 3, 6]]);
    // Marker and length of the comment stand in between.
    block.writeUInt32BE(8 + 4, 4);
    const picture = withSegments(plain, exif(block.subarray(0, 8)), segment(0xfe, block.subarray(8)));
    expect((await strip(picture, "image/jpeg")).bytes).toEqual(plain);
  });

  it("of several blocks the first decides, as in every decoder", async () => {
    const [first, second] = [tiff("MM", [[ORIENTATION, 3, 6]]), tiff("II", [[ORIENTATION, 3, 3]])];
    const both = await strip(withSegments(plain, exif(first), exif(second)), "image/jpeg");
    expect(both.bytes).toEqual(withSegments(plain, exif(first)));
    const silent = await strip(withSegments(plain, exif(tiff("MM", [])), exif(second)), "image/jpeg");
    expect(silent.bytes).toEqual(plain);
  });
});

describe("damage", () => {
  it("without an end of image: metadata goes, every other byte stays, and it is reported", async () => {
    const picture = withSegments(plain, exif(Buffer.from("SECRET-PLACE"))).subarray(0, -2);
    const outcome = await strip(picture, "image/jpeg");
    expect(outcome).toMatchObject({ removed: ["Exif"], complete: false });
    expect(outcome.reason).toContain("without an end of image");
    expect(outcome.bytes).toEqual(plain.subarray(0, -2));
  });

  it.each([
    ["bytes between segments", Buffer.from("junk")],
    ["a segment shorter than its length", Buffer.from([0xff, 0xfe, 0, 1])],
    ["a reserved marker", Buffer.from([0xff, 0x4f, 0, 2])],
    ["a second beginning", SOI],
    ["a restart outside of a scan", Buffer.from([0xff, 0xd0])],
    ["an end before any scan", EOI],
  ])("%s: what stands before is cleaned, the rest is kept and reported", async (_, junk) => {
    const rest = Buffer.concat([junk, plain.subarray(2)]);
    const outcome = await strip(Buffer.concat([SOI, segment(0xfe, "SECRET-XMP"), rest]), "image/jpeg");
    expect(outcome).toMatchObject({ removed: ["comment"], complete: false });
    expect(outcome.bytes).toEqual(Buffer.concat([SOI, rest]));
  });

  it("a segment longer than the file is kept and reported", async () => {
    const picture = Buffer.concat([SOI, Buffer.from([0xff, 0xe1, 0xff, 0xff]), Buffer.from("Exif\0\0"), plain]);
    expect(await strip(picture, "image/jpeg")).toMatchObject({ untouched: true, complete: false });
  });
});
