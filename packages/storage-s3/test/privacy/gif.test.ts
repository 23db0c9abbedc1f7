import { beforeAll, describe, expect, it } from "vitest";
import { animation, decode } from "./pictures.ts";
import { strip } from "./stripped.ts";

let plain: Buffer;
/** Behind header and global colour table. */
let start: number;

beforeAll(async () => {
  plain = await animation("gif");
  start = 13 + ((plain[10]! & 0x80) === 0 ? 0 : 3 * 2 ** ((plain[10]! & 7) + 1));
});

const bytes = (...parts: (number | string)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === "number" ? Buffer.from([part]) : Buffer.from(part, "latin1"))));
const withBlocks = (...blocks: Buffer[]) => Buffer.concat([plain.subarray(0, start), ...blocks, plain.subarray(start)]);

/** As XMP is stored: the text itself, then a ramp of bytes that leads every reader to the end. */
function xmp(): Buffer {
  const ramp = Buffer.from(Array.from({ length: 256 }, (_, index) => 255 - index));
  const text = bytes(0x21, 0xff, 11, "XMP DataXMP", "<x:xmpmeta>SECRET-XMP</x:xmpmeta>");
  return Buffer.concat([text, bytes(1), ramp, bytes(0)]);
}

describe("blocks", () => {
  it.each([
    ["a comment", () => bytes(0x21, 0xfe, 13, "SECRET-AUTHOR", 4, "more", 0), "comment"],
    ["XMP", xmp, "XMP"],
    ["application data", () => bytes(0x21, 0xff, 11, "MAGPIE  1.0", 12, "SECRET-PLACE", 0), "application data"],
  ])("%s goes, and nothing else", async (_, block, name) => {
    const outcome = await strip(withBlocks(block(), block()), "image/gif");
    expect(outcome).toMatchObject({ removed: [name], complete: true });
    expect(outcome.bytes).toEqual(plain);
  });

  it("loops and colour profile stay", async () => {
    expect(plain.includes("NETSCAPE2.0")).toBe(true);
    const picture = withBlocks(bytes(0x21, 0xff, 11, "ICCRGBG1012", 4, "data", 0));
    expect(await strip(picture, "image/gif")).toMatchObject({ untouched: true, removed: [], complete: true });
  });

  it("all that follows the end goes", async () => {
    const outcome = await strip(Buffer.concat([plain, Buffer.from("SECRET-PLACE")]), "image/gif");
    expect(outcome.bytes).toEqual(plain);
    expect(outcome.removed).toEqual(["trailer"]);
  });

  it("the trailer may be missing", async () => {
    expect(await strip(plain.subarray(0, -1), "image/gif")).toMatchObject({ untouched: true, complete: true });
  });
});

describe("damage", () => {
  it("what stands before is cleaned, the rest is kept and reported", async () => {
    const comment = bytes(0x21, 0xfe, 13, "SECRET-AUTHOR", 0);
    for (const [picture, rest] of [
      [withBlocks(comment).subarray(0, -5), plain.subarray(0, -5)],
      [withBlocks(comment, bytes("?")), withBlocks(bytes("?"))],
    ] as const) {
      const outcome = await strip(picture, "image/gif");
      expect(outcome).toMatchObject({ removed: ["comment"], complete: false });
      expect(outcome.bytes).toEqual(rest);
      expect(await decode(outcome.bytes).catch(() => "no picture")).toEqual(
        await decode(picture).catch(() => "no picture"),
      );
    }
  });

  it("an end before any picture cuts nothing", async () => {
    expect(await strip(withBlocks(bytes(";")), "image/gif")).toMatchObject({ untouched: true, complete: false });
  });
});
