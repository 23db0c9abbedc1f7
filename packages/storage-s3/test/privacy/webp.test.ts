import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { animation, decode, photo, pixels, tiff } from "./pictures.ts";
import { expectNoSecrets, strip } from "./stripped.ts";

const EXIF_FLAG = 0x08;
const XMP_FLAG = 0x04;
/** Of the flags in a WebP whose first chunk is VP8X. */
const FLAGS_AT = 20;

let plain: Buffer;
let extended: Buffer;

beforeAll(async () => {
  plain = await pixels().webp({ lossless: true }).toBuffer();
  extended = await pixels().withIccProfile("p3").webp({ lossless: true }).toBuffer();
});

function chunk(type: string, data: string | Uint8Array): Buffer {
  const bytes = typeof data === "string" ? Buffer.from(data, "latin1") : data;
  const header = Buffer.from(`${type}\0\0\0\0`, "latin1");
  header.writeUInt32LE(bytes.byteLength, 4);
  return Buffer.concat([header, bytes, Buffer.alloc(bytes.byteLength % 2)]);
}

/** The picture with chunks at its end, counted by the container, and flags set as their writer would. */
function withChunks(picture: Buffer, flags: number, ...chunks: Buffer[]): Buffer {
  const joined = Buffer.concat([picture, ...chunks]);
  joined.writeUInt32LE(joined.byteLength - 8, 4);
  if (joined.toString("latin1", 12, 16) === "VP8X") joined[FLAGS_AT]! |= flags;
  return joined;
}

describe("chunks", () => {
  it.each([
    ["EXIF", EXIF_FLAG, "Exif"],
    ["XMP ", XMP_FLAG, "XMP"],
    ["XMP\0", XMP_FLAG, "XMP"],
    ["PRIV", 0, "PRIV"],
  ])("%s goes with its flag, and nothing else", async (type, flag, name) => {
    for (const data of ["SECRET-PLACE", "SECRET-PLACE!"]) {
      const outcome = await strip(withChunks(extended, flag, chunk(type, data)), "image/webp");
      expect(outcome).toMatchObject({ removed: [name], complete: true });
      expect(outcome.bytes).toEqual(extended);
    }
  });

  it("goes from the simple format too, which has no flags", async () => {
    expect(plain.toString("latin1", 12, 16)).toBe("VP8L");
    const outcome = await strip(withChunks(plain, 0, chunk("EXIF", "SECRET-PLACE")), "image/webp");
    expect(outcome.bytes).toEqual(plain);
  });

  it("all that follows the container goes", async () => {
    const outcome = await strip(Buffer.concat([plain, Buffer.from("SECRET-PLACE")]), "image/webp");
    expect(outcome).toMatchObject({ removed: ["trailer"], complete: true });
    expect(outcome.bytes).toEqual(plain);
  });

  it("the container counts what is left, and the flags say it", async () => {
    const { bytes } = await strip(await photo("webp", 6), "image/webp");
    expect(bytes.readUInt32LE(4)).toBe(bytes.byteLength - 8);
    expect(bytes[FLAGS_AT]! & (EXIF_FLAG | XMP_FLAG)).toBe(EXIF_FLAG);
    const upright = await strip(await photo("webp", 1), "image/webp");
    expect(upright.bytes[FLAGS_AT]! & (EXIF_FLAG | XMP_FLAG)).toBe(0);
  });

  it("a large one finds its flags again", async () => {
    const large = await pixels(400, 300).withIccProfile("p3").webp({ lossless: true, effort: 0 }).toBuffer();
    const padded = withChunks(large, XMP_FLAG, chunk("XMP ", Buffer.alloc(200_000)), chunk("XMP ", "SECRET-XMP"));
    expect((await strip(padded, "image/webp")).bytes).toEqual(large);
  });

  it("of several EXIF chunks only the first is heard", async () => {
    const [six, three, none] = [6, 3, 1].map((value) => chunk("EXIF", tiff("MM", [[0x0112, 3, value]])));
    const first = await strip(withChunks(extended, EXIF_FLAG, six!, three!), "image/webp");
    expect(first.bytes).toEqual(withChunks(extended, EXIF_FLAG, six!));
    expect((await sharp(first.bytes).metadata()).orientation).toBe(6);
    const silent = await strip(withChunks(extended, EXIF_FLAG, none!, three!), "image/webp");
    expect(silent.bytes).toEqual(extended);
  });

  it("what hides within a frame is overwritten", async () => {
    const picture = await animation("webp");
    const at = picture.indexOf("ANMF");
    const length = picture.readUInt32LE(at + 4);
    const hidden = chunk("PRIV", "SECRET-PLACE");
    const end = at + 8 + length + (length % 2);
    const stuffed = Buffer.concat([picture.subarray(0, end), hidden, picture.subarray(end)]);
    stuffed.writeUInt32LE(end - at - 8 + hidden.byteLength, at + 4);
    stuffed.writeUInt32LE(stuffed.byteLength - 8, 4);
    const { bytes, removed, complete } = await strip(stuffed, "image/webp");
    expectNoSecrets(bytes);
    expect(removed).toContain("PRIV");
    expect(complete).toBe(true);
    expect(await decode(bytes)).toEqual(await decode(picture));
    expect(await strip(bytes, "image/webp")).toMatchObject({ untouched: true, complete: true });
  });
});

describe("damage leaves a WebP whole", () => {
  it("a truncated one", async () => {
    const picture = await photo("webp");
    const outcome = await strip(picture.subarray(0, -1), "image/webp");
    expect(outcome).toMatchObject({ untouched: true, removed: [], complete: false });
    expect(outcome.reason).toContain("1 bytes early");
  });

  it("a chunk longer than the container, behind one that would go", async () => {
    const long = Buffer.from("VP8 \xff\xff\xff\x7f", "latin1");
    const outcome = await strip(withChunks(extended, 0, chunk("XMP ", "data"), long), "image/webp");
    expect(outcome).toMatchObject({ untouched: true, removed: [], complete: false });
  });

  it("one whose picture has an unknown type", async () => {
    const picture = Buffer.from(plain);
    picture.write("VP9L", 12, "latin1");
    expect(await strip(picture, "image/webp")).toMatchObject({ untouched: true, removed: [], complete: false });
  });
});
