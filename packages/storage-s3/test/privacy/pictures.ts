import sharp, { type Sharp } from "sharp";

/** 51° 28' 40.12", as GPSLatitude gives it: three fractions. */
const LATITUDE = [51, 1, 28, 1, 4012, 100];

/** Found in a picture if and only if its metadata is still there; the last is how sharp's Exif stores the position. */
export const SECRETS = ["SECRET-PLACE", "SECRET-AUTHOR", "SECRET-XMP", Buffer.from(Uint32Array.from(LATITUDE).buffer)];

export const EXIF = {
  IFD0: { Copyright: "SECRET-AUTHOR", ImageDescription: "SECRET-PLACE" },
  IFD3: {
    GPSLatitudeRef: "N",
    GPSLatitude: "51/1 28/1 4012/100",
    GPSLongitudeRef: "W",
    GPSLongitude: "51/1 28/1 4012/100",
  },
};

export const XMP = `<x:xmpmeta xmlns:x="adobe:ns:meta/">SECRET-XMP</x:xmpmeta>`;

export const FORMATS = ["jpeg", "png", "webp", "avif"] as const;
export type Format = (typeof FORMATS)[number];

/** A picture in which every pixel differs, so that none can be lost unnoticed. */
export function pixels(width = 32, height = 24): Sharp {
  const data = Buffer.alloc(width * height * 3);
  for (let index = 0; index < data.byteLength; index++) data[index] = (index * 37 + (index >> 5) * 11) % 256;
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** A picture with an author, a place, XMP, a colour profile and an orientation. */
export function photo(format: Format, orientation = 6, options: object = {}): Promise<Buffer> {
  return described(pixels(), orientation).toFormat(format, options).toBuffer();
}

export function described(picture: Sharp, orientation: number): Sharp {
  return picture.withMetadata({ orientation }).withExif(EXIF).withXmp(XMP).withIccProfile("p3");
}

/** Three frames, each of another colour. */
export async function animation(format: "gif" | "webp"): Promise<Buffer> {
  const frames = ["red", "green", "blue"].map((background) =>
    sharp({ create: { width: 16, height: 12, channels: 3, background } })
      .png()
      .toBuffer(),
  );
  const joined = sharp(await Promise.all(frames), { join: { animated: true } });
  const loop = { loop: 3, delay: [100, 200, 300] };
  if (format === "gif") return joined.gif(loop).toBuffer();
  return described(joined, 1)
    .webp({ ...loop, lossless: true })
    .toBuffer();
}

/** What a viewer shows: the decoded pixels of all frames. */
export function decode(picture: Uint8Array): Promise<Buffer> {
  return sharp(picture, { pages: -1, failOn: "none", limitInputPixels: 1e6 }).raw().toBuffer();
}

/** A TIFF block with one directory of the given entries. */
export function tiff(order: "II" | "MM", entries: [tag: number, type: number, value: number][]): Buffer {
  const block = Buffer.alloc(10 + 12 * entries.length + 4);
  const little = order === "II";
  const short = (value: number, at: number) =>
    little ? block.writeUInt16LE(value, at) : block.writeUInt16BE(value, at);
  const long = (value: number, at: number) =>
    little ? block.writeUInt32LE(value, at) : block.writeUInt32BE(value, at);
  block.write(order, "latin1");
  short(42, 2);
  long(8, 4);
  short(entries.length, 8);
  for (const [index, [tag, type, value]] of entries.entries()) {
    const at = 10 + 12 * index;
    short(tag, at);
    short(type, at + 2);
    long(1, at + 4);
    if (type === 3) short(value, at + 8);
    else long(value, at + 8);
  }
  return block;
}

/** The same sequence of numbers below `limit` at every run. */
export function* numbers(seed: number, limit: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield Math.floor((state / 2 ** 32) * limit);
  }
}
