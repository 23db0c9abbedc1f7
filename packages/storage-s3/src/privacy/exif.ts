import { MalformedError } from "./malformed.ts";
import type { Window } from "./window.ts";

/** The TIFF tag that says how to turn the picture: https://www.cipa.jp/std/documents/download_e.html?DC-008-Translation-2023-E */
const ORIENTATION = 0x0112;
const SHORT = 3;
const UPRIGHT = 1;

/** What precedes the TIFF block in a JPEG, and by habit of many writers elsewhere too. */
export const EXIF_PREFIX = Buffer.from("Exif\0\0", "latin1");

/** The shortest TIFF block that says one thing: header, one entry, no next directory. */
const MINIMAL_SIZE = 26;

/**
 * How the picture is to be turned, by the Exif block at `from`: 2 to 8, or nothing when it stands upright or the block
 * makes no sense. Only the first directory counts and no link is followed, so that a hostile block cannot keep us busy.
 */
async function readOrientation(window: Window, from: number, length: number): Promise<number | undefined> {
  const end = from + length;
  const littleEndian = (await window.view(from, 2)).toString("latin1") === "II";
  const short = async (at: number) => {
    const bytes = await viewWithin(window, at, 2, end);
    return littleEndian ? bytes.readUInt16LE() : bytes.readUInt16BE();
  };
  const header = await viewWithin(window, from, 8, end);
  if (!littleEndian && header.toString("latin1", 0, 2) !== "MM") return undefined;
  const directory = from + (littleEndian ? header.readUInt32LE(4) : header.readUInt32BE(4));
  if ((await short(from + 2)) !== 42) return undefined;

  const count = await short(directory);
  for (let index = 0; index < count; index++) {
    const entry = directory + 2 + 12 * index;
    if ((await short(entry)) !== ORIENTATION) continue;
    const value = await short(entry + 8);
    return (await short(entry + 2)) === SHORT && value > UPRIGHT && value <= 8 ? value : undefined;
  }
  return undefined;
}

async function viewWithin(window: Window, at: number, length: number, end: number): Promise<Buffer> {
  if (at + length > end) throw new MalformedError(`the Exif block ends before byte ${at + length}`);
  return window.view(at, length);
}

/**
 * What must stay of the Exif block at `from`: a TIFF block with nothing but the orientation,
 * or nothing when the picture stands upright. A block that makes no sense turns no picture.
 */
export async function orientationOnly(window: Window, from: number, length: number): Promise<Buffer | undefined> {
  try {
    const prefix = EXIF_PREFIX.byteLength;
    const prefixed = length >= prefix && (await window.view(from, prefix)).equals(EXIF_PREFIX);
    const skipped = prefixed ? prefix : 0;
    const orientation = await readOrientation(window, from + skipped, length - skipped);
    return orientation === undefined ? undefined : minimalTiff(orientation);
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

function minimalTiff(orientation: number): Buffer {
  const tiff = Buffer.alloc(MINIMAL_SIZE);
  tiff.write("MM", 0, "latin1");
  tiff.writeUInt16BE(42, 2);
  tiff.writeUInt32BE(8, 4);
  tiff.writeUInt16BE(1, 8);
  tiff.writeUInt16BE(ORIENTATION, 10);
  tiff.writeUInt16BE(SHORT, 12);
  tiff.writeUInt32BE(1, 14);
  tiff.writeUInt16BE(orientation, 18);
  return tiff;
}
