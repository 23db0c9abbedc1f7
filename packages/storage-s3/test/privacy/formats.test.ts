import sharp, { type Metadata } from "sharp";
import { describe, expect, it } from "vitest";
import { canStrip, stripMetadata } from "../../src/privacy/strip.ts";
import { fromBytes, readAll } from "../../src/upload/source.ts";
import { animation, decode, described, FORMATS, numbers, photo, pixels, SECRETS, tiff } from "./pictures.ts";
import { expectNoSecrets, strip } from "./stripped.ts";

describe.each(FORMATS)("a %s with author, place, XMP, profile and orientation", (format) => {
  const type = `image/${format}`;

  it("holds what is to be removed", async () => {
    const picture = await photo(format);
    const metadata = await sharp(picture).metadata();
    expect(metadata.exif).toBeDefined();
    expect(metadata.xmpAsString).toContain("SECRET-XMP");
    // A PNG holds its XMP compressed.
    const plain = SECRETS.filter((secret) => format !== "png" || secret !== "SECRET-XMP");
    expect(SECRETS.filter((secret) => picture.includes(secret))).toEqual(plain);
  });

  it("loses the metadata", async () => {
    const { bytes, removed, complete, reason } = await strip(await photo(format), type);
    expectNoSecrets(bytes);
    expect([...removed].toSorted()).toEqual(["Exif", "XMP"]);
    expect({ complete, reason }).toEqual({ complete: true, reason: undefined });
    const { xmp, exif } = await sharp(bytes).metadata();
    expect(xmp).toBeUndefined();
    expect(exif?.byteLength ?? 0).toBeLessThanOrEqual(32);
  });

  it("keeps pixels, profile and shape", async () => {
    const picture = await photo(format);
    const { bytes } = await strip(picture, type);
    expect(await decode(bytes)).toEqual(await decode(picture));
    const [before, after] = [await sharp(picture).metadata(), await sharp(bytes).metadata()];
    expect(after.icc).toEqual(before.icc);
    expect(after.icc).toBeDefined();
    expect(shape(after)).toEqual(shape(before));
    expect(bytes.byteLength).toBeLessThanOrEqual(picture.byteLength);
  });

  it("is shown the same way up", async () => {
    for (let orientation = 1; orientation <= 8; orientation++) {
      const picture = await photo(format, orientation);
      const { bytes } = await strip(picture, type);
      const [before, after] = await Promise.all(
        [picture, bytes].map((file) => sharp(file).autoOrient().raw().toBuffer()),
      );
      expect(after).toEqual(before);
      expect((await sharp(bytes).metadata()).orientation ?? 1).toBe(format === "avif" ? 1 : orientation);
    }
  });

  it("keeps no Exif at all when it stands upright", async () => {
    const { bytes } = await strip(await photo(format, 1), type);
    expect((await sharp(bytes).metadata()).exif).toBeUndefined();
  });

  it("is not touched a second time", async () => {
    const { bytes } = await strip(await photo(format), type);
    expect(await strip(bytes, type)).toMatchObject({ untouched: true, removed: [], complete: true });
  });

  it("is not touched without metadata", async () => {
    const picture = await pixels().toFormat(format).toBuffer();
    expect(await strip(picture, type)).toMatchObject({ untouched: true, removed: [], complete: true });
  });

  it("reads the same from any offset", async () => {
    const picture = await photo(format);
    const { source } = await stripMetadata(fromBytes(picture), type);
    const whole = await readAll(source);
    const random = numbers(7, 2 ** 30);
    for (let round = 0; round < 300; round++) {
      const offset = random.next().value % whole.byteLength;
      const part = Buffer.alloc(random.next().value % (whole.byteLength - offset + 1));
      await source.read(part, offset);
      expect(part.equals(whole.subarray(offset, offset + part.byteLength))).toBe(true);
    }
  });
});

/** All that sharp says but what is to go, and the density, which it believes to find in Exif only. */
function shape(metadata: Metadata): object {
  const gone = new Set(["exif", "xmp", "xmpAsString", "size", "density", "resolutionUnit"]);
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => !gone.has(key)));
}

describe("shapes of a format", () => {
  it.each([
    ["progressive", { progressive: true }],
    ["progressive with optimised scans", { mozjpeg: true }],
    ["full colour resolution", { chromaSubsampling: "4:4:4" }],
  ])("jpeg: %s", async (_, options) => {
    const picture = await photo("jpeg", 3, options);
    const { bytes, complete } = await strip(picture, "image/jpeg");
    expectNoSecrets(bytes);
    expect(complete).toBe(true);
    expect(await decode(bytes)).toEqual(await decode(picture));
  });

  it.each([
    ["lossless", { lossless: true }],
    ["near lossless", { nearLossless: true }],
  ])("webp: %s", async (_, options) => {
    const picture = await photo("webp", 3, options);
    const { bytes, complete } = await strip(picture, "image/webp");
    expectNoSecrets(bytes);
    expect(complete).toBe(true);
    expect(await decode(bytes)).toEqual(await decode(picture));
  });

  it("jpeg: four inks, whose meaning the Adobe segment decides", async () => {
    const picture = await described(pixels().toColourspace("cmyk"), 3).withIccProfile("cmyk").jpeg().toBuffer();
    expect(picture.includes("Adobe\0")).toBe(true);
    const { bytes } = await strip(picture, "image/jpeg");
    expectNoSecrets(bytes);
    expect((await sharp(bytes).metadata()).space).toBe("cmyk");
    expect(await decode(bytes)).toEqual(await decode(picture));
  });

  it.each(["gif", "webp"] as const)("an animated %s keeps its frames, delays and loops", async (format) => {
    const picture = await animation(format);
    const { bytes, complete } = await strip(picture, `image/${format}`);
    expect(complete).toBe(true);
    expectNoSecrets(bytes);
    const { pages, delay, loop } = await sharp(bytes, { pages: -1 }).metadata();
    expect({ pages, delay, loop }).toEqual({ pages: 3, delay: [100, 200, 300], loop: 3 });
    expect(await decode(bytes)).toEqual(await decode(picture));
  });
});

describe("other types", () => {
  it.each(["image/svg+xml", "image/tiff", "video/mp4", "", "image/JPEG"])(
    "%s is handed back as it is",
    async (type) => {
      const outcome = await strip(tiff("II", [[0x0112, 3, 6]]), type);
      expect(outcome).toMatchObject({ untouched: true, removed: [], complete: false });
      expect(outcome.reason).toContain(type);
      expect(canStrip(type)).toBe(false);
    },
  );

  it.each(["jpeg", "png", "webp", "gif", "avif"])(
    "what is called %s but is not is kept and reported",
    async (format) => {
      for (const bytes of [Buffer.alloc(0), Buffer.from("<svg/>"), Buffer.alloc(100)]) {
        const outcome = await strip(bytes, `image/${format}`);
        expect(outcome).toMatchObject({ untouched: true, removed: [], complete: false });
        expect(outcome.reason).toBeTruthy();
      }
    },
  );

  it("an error of the source is not taken for a damaged picture", async () => {
    const gone = { size: 100, read: () => Promise.reject(new Error("gone")) };
    await expect(stripMetadata(gone, "image/jpeg")).rejects.toThrow("gone");
  });
});
