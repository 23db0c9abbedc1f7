import { describe, expect, it } from "vitest";
import { animation, decode, FORMATS, numbers, photo, SECRETS } from "./pictures.ts";
import { strip } from "./stripped.ts";

/** What a minimal Exif block may add. */
const GROWTH = 16;
const FLIPPED_PICTURES = 250;

const pictures = [
  ...FORMATS.map((format) => [format, () => photo(format)] as const),
  ["gif", () => animation("gif")] as const,
];

describe.each(pictures)("a damaged %s", (format, draw) => {
  const type = `image/${format}`;

  it("truncated anywhere: is either clean or reported, and no byte of it is invented", async () => {
    const picture = await draw();
    for (let length = 0; length < picture.byteLength; length++) {
      const { bytes, complete, reason } = await strip(picture.subarray(0, length), type);
      expect(bytes.byteLength).toBeLessThanOrEqual(length + GROWTH);
      const leaks = SECRETS.some((secret) => bytes.includes(secret));
      expect({ length, leaks: complete && leaks, reported: reason !== undefined }).toEqual({
        length,
        leaks: false,
        reported: !complete,
      });
    }
  });

  it("with flipped bits: shows what it showed before", { timeout: 60_000 }, async () => {
    const picture = await draw();
    const random = numbers(format.length * 1000 + picture.byteLength, 2 ** 30);
    let shown = 0;
    for (let round = 0; round < FLIPPED_PICTURES; round++) {
      const damaged = Buffer.from(picture);
      for (let flips = 1 + (round % 3); flips > 0; flips--) {
        // Half of them in the first bytes, where the structure is.
        const within = round % 2 === 0 ? damaged.byteLength : Math.min(damaged.byteLength, 700);
        damaged[random.next().value % within]! ^= 1 << (random.next().value % 8);
      }
      const outcome = await strip(damaged, type);
      expect(outcome.bytes.byteLength).toBeLessThanOrEqual(damaged.byteLength + GROWTH);
      const before = await decode(damaged).catch(() => undefined);
      if (before === undefined) continue;
      shown++;
      expect((await decode(outcome.bytes)).equals(before), `round ${round}: ${JSON.stringify(outcome.removed)}`).toBe(
        true,
      );
    }
    expect(shown).toBeGreaterThan(FLIPPED_PICTURES / 10);
  });

  it("made of noise behind its first bytes: ends", async () => {
    const picture = await draw();
    for (let round = 1; round <= 200; round++) {
      const random = numbers(round, 256);
      const noise = Buffer.from(picture);
      for (let index = Math.min(round, 60); index < noise.byteLength; index++) noise[index] = random.next().value;
      const { bytes } = await strip(noise, type);
      expect(bytes.byteLength).toBeLessThanOrEqual(noise.byteLength + GROWTH);
    }
  });
});
