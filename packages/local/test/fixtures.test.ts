import sharp from "sharp";
import { expect, it } from "vitest";
import { hasGps, pdf, photo, video } from "../src/index.ts";

it("a photo tells where it was taken, its copy without metadata does not", async () => {
  const { bytes } = await photo();
  expect(await hasGps(bytes)).toBe(true);
  expect(await hasGps(await sharp(bytes).jpeg().toBuffer())).toBe(false);
  expect(
    await hasGps(
      await sharp(bytes)
        .withExif({ IFD0: { Copyright: "Somebody" } })
        .jpeg()
        .toBuffer(),
    ),
  ).toBe(false);
});

it("a video begins as MP4 does and is the same each time", () => {
  const { bytes } = video("a.mp4", 100_000);
  expect(Buffer.from(bytes).toString("latin1", 4, 12)).toBe("ftypisom");
  expect(Buffer.compare(bytes, video("b.mp4", 100_000).bytes)).toBe(0);
  expect(Buffer.compare(bytes.subarray(4096, 8192), bytes.subarray(8192, 12_288))).not.toBe(0);
});

it("a PDF's table points at its objects", () => {
  const text = Buffer.from(pdf().bytes).toString("latin1");
  const offsets = [...text.matchAll(/^(\d{10}) 00000 n/gm)].map(([, offset]) => Number(offset));
  expect(offsets.map((offset) => text.slice(offset, offset + 7))).toEqual(["1 0 obj", "2 0 obj", "3 0 obj"]);
  expect(text.slice(Number(/startxref\n(\d+)/.exec(text)?.[1])).startsWith("xref")).toBe(true);
});
