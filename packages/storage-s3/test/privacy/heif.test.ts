import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { decode, photo, pixels } from "./pictures.ts";
import { expectNoSecrets, strip } from "./stripped.ts";

const AVIF = "image/avif";
const PIXELS = Buffer.from("PIXELS-PIXELS");
const SECRET = Buffer.from("SECRET-PLACE");

function uint(size: number, value: number): Buffer {
  const bytes = Buffer.alloc(size);
  if (size === 8) bytes.writeBigUInt64BE(BigInt(value));
  else if (size > 0) bytes.writeUIntBE(value, 0, size);
  return bytes;
}

function box(type: string, ...parts: (Uint8Array | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part)));
  return Buffer.concat([uint(4, body.byteLength + 8), Buffer.from(type, "latin1"), body]);
}

const fullBox = (type: string, version: number, ...parts: (Uint8Array | string)[]) =>
  box(type, uint(4, version * 2 ** 24), ...parts);

interface Item {
  readonly id: number;
  readonly type: string;
  readonly method?: number;
  /** Within the file or within idat, by the method. */
  readonly from: number;
  readonly length: number;
}

interface Layout {
  readonly version?: number;
  readonly offsetSize?: number;
  readonly baseSize?: number;
  readonly lengthSize?: number;
  readonly idat?: Buffer;
  readonly extra?: Buffer[];
}

function meta(items: readonly Item[], layout: Layout = {}): Buffer {
  const { version = 0, offsetSize = 4, baseSize = 0, lengthSize = 4, idat, extra = [] } = layout;
  const wide = version === 2 ? 4 : 2;
  const entries = items.map(({ id, type }) =>
    fullBox("infe", wide === 4 ? 3 : 2, uint(wide, id), uint(2, 0), type, "name\0"),
  );
  const places = items.map(({ id, method = 0, from, length }) =>
    Buffer.concat([
      uint(wide, id),
      ...(version === 0 ? [] : [uint(2, method)]),
      uint(2, 0),
      uint(baseSize, baseSize === 0 ? 0 : from),
      uint(2, 1),
      uint(offsetSize, baseSize === 0 ? from : 0),
      uint(lengthSize, length),
    ]),
  );
  const sizes = Buffer.from([offsetSize * 16 + lengthSize, baseSize * 16]);
  return fullBox(
    "meta",
    0,
    fullBox("iinf", 0, uint(2, items.length), ...entries),
    fullBox("iloc", version, sizes, uint(wide, items.length), ...places),
    ...(idat ? [box("idat", idat)] : []),
    ...extra,
  );
}

const FTYP = box("ftyp", "avif\0\0\0\0mif1");

/** A file whose mdat comes first, so that its offsets are known. */
const MDAT = box("mdat", PIXELS, SECRET);
const PIXELS_AT = FTYP.byteLength + 8;
const SECRET_AT = PIXELS_AT + PIXELS.byteLength;
const IMAGE: Item = { id: 1, type: "av01", from: PIXELS_AT, length: PIXELS.byteLength };
const DOCUMENT: Item = { id: 2, type: "Exif", from: SECRET_AT, length: SECRET.byteLength };

const file = (...boxes: Buffer[]) => Buffer.concat([FTYP, MDAT, ...boxes]);

describe("items", () => {
  it.each([
    ["version 0", { version: 0 }],
    ["version 1", { version: 1 }],
    ["version 2, with wide names", { version: 2 }],
    ["wide offsets", { offsetSize: 8, lengthSize: 8 }],
    ["a base only", { offsetSize: 0, baseSize: 4 }],
    ["a wide base", { offsetSize: 4, baseSize: 8 }],
  ])("are found in a list of %s", async (_, layout) => {
    const picture = file(meta([IMAGE, DOCUMENT], layout));
    const { bytes, removed, complete } = await strip(picture, AVIF);
    expect({ removed, complete }).toEqual({ removed: ["Exif"], complete: true });
    const expected = Buffer.from(picture);
    expected.fill(0, SECRET_AT, SECRET_AT + SECRET.byteLength);
    expected.write("skip", expected.indexOf("Exif"), "latin1");
    expect(bytes).toEqual(expected);
    expect(await strip(bytes, AVIF)).toMatchObject({ untouched: true, removed: [], complete: true });
  });

  it.each([
    ["Exif", "Exif"],
    ["mime", "XMP"],
    ["uri ", "uri"],
  ])("%s within idat is overwritten there", async (type, name) => {
    const idat = Buffer.concat([Buffer.from("GRID"), SECRET]);
    const items = [
      { ...IMAGE, method: 1, from: 0, length: 4 },
      { ...DOCUMENT, type, method: 1, from: 4 },
    ];
    const picture = Buffer.concat([FTYP, meta(items, { version: 1, idat })]);
    const { bytes, removed, complete } = await strip(picture, AVIF);
    expect({ removed, complete }).toEqual({ removed: [name], complete: true });
    expect(bytes.byteLength).toBe(picture.byteLength);
    expect(bytes.includes(Buffer.concat([Buffer.from("GRID"), Buffer.alloc(SECRET.byteLength)]))).toBe(true);
  });

  it("a long one costs no memory of its own", async () => {
    const long = Buffer.alloc(1_000_000, SECRET);
    const mdat = box("mdat", PIXELS, long);
    const picture = Buffer.concat([FTYP, mdat, meta([IMAGE, { ...DOCUMENT, length: long.byteLength }])]);
    const { bytes } = await strip(picture, AVIF);
    expectNoSecrets(bytes);
    expect(bytes.subarray(0, SECRET_AT)).toEqual(picture.subarray(0, SECRET_AT));
    expect(bytes.byteLength).toBe(picture.byteLength);
  });

  it("two that share their bytes are overwritten once", async () => {
    const twin = { ...DOCUMENT, id: 3, type: "mime", from: SECRET_AT + 4, length: SECRET.byteLength - 4 };
    const { bytes, complete } = await strip(file(meta([IMAGE, DOCUMENT, twin])), AVIF);
    expectNoSecrets(bytes);
    expect(complete).toBe(true);
    expect(bytes.includes(PIXELS)).toBe(true);
  });

  it("one that is built from others has no place of its own, and is reported", async () => {
    const picture = file(meta([IMAGE, { ...DOCUMENT, method: 2 }], { version: 1 }));
    expect(await strip(picture, AVIF)).toMatchObject({ untouched: true, complete: false });
  });
});

describe("boxes", () => {
  const APPENDED = box("mpvd", SECRET);

  it("what is appended goes", async () => {
    const picture = file(meta([IMAGE]));
    const { bytes, removed, complete } = await strip(Buffer.concat([picture, APPENDED, box("uuid", SECRET)]), AVIF);
    expect({ removed, complete }).toEqual({ removed: ["mpvd", "uuid"], complete: true });
    expect(bytes).toEqual(picture);
  });

  it("what stands before the picture becomes free space", async () => {
    const before = box("uuid", SECRET);
    const moved = { ...IMAGE, from: PIXELS_AT + before.byteLength };
    const picture = Buffer.concat([FTYP, before, MDAT, meta([moved])]);
    const { bytes } = await strip(picture, AVIF);
    expect(bytes).toEqual(Buffer.concat([FTYP, box("free", Buffer.alloc(SECRET.byteLength)), MDAT, meta([moved])]));
    expect(await strip(bytes, AVIF)).toMatchObject({ untouched: true, complete: true });
  });

  it("what a picture stands in is not cut", async () => {
    const picture = file(meta([{ ...IMAGE, from: 0, length: 10_000 }]), APPENDED);
    expect((await strip(picture, AVIF)).bytes.byteLength).toBe(picture.byteLength);
  });

  it("descriptions of a sequence and of its tracks become free space", async () => {
    const moov = (inner: Buffer) => box("moov", box("mvhd", "data"), box("trak", box("tkhd", "data"), inner), inner);
    const { bytes } = await strip(file(moov(box("udta", SECRET))), AVIF);
    expect(bytes).toEqual(file(moov(box("free", Buffer.alloc(SECRET.byteLength)))));
  });

  it.each(["udes", "crtt", "mdft"])("the property %s says nothing any more", async (type) => {
    const extra = (text: Buffer) => [box("iprp", box("ipco", box("irot", "\x01"), fullBox(type, 0, text)))];
    const { bytes, removed } = await strip(file(meta([IMAGE], { extra: extra(SECRET) })), AVIF);
    expect(removed).toEqual(["description"]);
    expect(bytes).toEqual(file(meta([IMAGE], { extra: extra(Buffer.alloc(SECRET.byteLength)) })));
  });

  it("a last box without a size reaches to the end", async () => {
    const open = Buffer.from(box("mdat", SECRET));
    open.writeUInt32BE(0, 0);
    const list = meta([{ ...DOCUMENT, from: FTYP.byteLength + meta([DOCUMENT]).byteLength + 8 }]);
    const { bytes, complete } = await strip(Buffer.concat([FTYP, list, open]), AVIF);
    expect(complete).toBe(true);
    expectNoSecrets(bytes);
  });
});

describe("damage leaves a file whole", () => {
  const broken = (change: (bytes: Buffer) => void) => {
    const bytes = file(meta([IMAGE, DOCUMENT]));
    change(bytes);
    return bytes;
  };

  const swapped = Buffer.concat([
    FTYP,
    box("mdat", SECRET, PIXELS),
    meta([
      { ...IMAGE, from: PIXELS_AT + SECRET.byteLength },
      { ...DOCUMENT, from: PIXELS_AT, length: SECRET.byteLength + 1 },
    ]),
  ]);
  const document = (change: Partial<Item>, layout?: Layout) => file(meta([IMAGE, { ...DOCUMENT, ...change }], layout));
  const huge = Buffer.concat([uint(4, 1), Buffer.from("free"), uint(8, 0)]);

  it.each([
    ["metadata that begins within the picture", document({ from: SECRET_AT - 1 }), "share"],
    ["metadata that ends within the picture", swapped, "share"],
    ["metadata that is the picture", document({ from: PIXELS_AT, length: 1 }), "share"],
    ["metadata outside of mdat", document({ from: 0, length: 4 }), "outside"],
    ["metadata beyond the file", document({ length: 10_000 }), "outside"],
    ["metadata beyond any file", document({ from: 2 ** 60 }, { offsetSize: 8 }), "outside"],
    ["metadata without a length", document({}, { lengthSize: 0 }), "outside"],
    ["numbers of three bytes", document({}, { lengthSize: 3 }), "odd sizes"],
    ["an unknown version of the list", document({}, { version: 3 }), "version 3"],
    ["two lists", document({}, { extra: [fullBox("iloc", 0, uint(4, 0))] }), "more than one iloc"],
    ["two meta boxes", file(meta([IMAGE]), meta([DOCUMENT])), "more than one meta"],
    ["no picture at all", file(), "no picture"],
    ["items without types", broken((bytes) => void (bytes[bytes.indexOf("infe") + 4] = 0)), "no type"],
    ["a box longer than its holder", broken((bytes) => bytes.writeUInt32BE(9999, bytes.indexOf("iinf") - 4)), "size"],
    ["a box shorter than its name", broken((bytes) => bytes.writeUInt32BE(7, bytes.indexOf("iinf") - 4)), "size"],
    ["a box with a wide size of zero", file(meta([IMAGE]), huge), "wrong size"],
    ["a truncated file", broken(() => {}).subarray(0, -1), "wrong size"],
  ])("%s", async (_, picture, reason) => {
    const outcome = await strip(picture, AVIF);
    expect(outcome).toMatchObject({ untouched: true, removed: [], complete: false });
    expect(outcome.reason).toContain(reason);
  });

  it("a list that promises more than it holds ends the reading", async () => {
    const list = fullBox("iloc", 1, Buffer.from([0, 0]), uint(2, 0xffff), Buffer.alloc(900_000, 0xff));
    const outcome = await strip(file(fullBox("meta", 0, list)), AVIF);
    expect(outcome.reason).toContain("too long");
  });
});

describe("a real AVIF", () => {
  it("keeps its alpha, which is an item of its own", async () => {
    const picture = await sharp(await pixels().png().toBuffer())
      .ensureAlpha(0.5)
      .withExif({ IFD0: { Copyright: "SECRET-AUTHOR" } })
      .avif({ lossless: true })
      .toBuffer();
    const { bytes, complete } = await strip(picture, AVIF);
    expect(complete).toBe(true);
    expectNoSecrets(bytes);
    expect(await decode(bytes)).toEqual(await decode(picture));
  });

  it.each(["image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence", "image/avif-sequence"])(
    "is known as %s too",
    async (type) => {
      const { bytes, complete } = await strip(await photo("avif"), type);
      expect(complete).toBe(true);
      expectNoSecrets(bytes);
    },
  );
});
