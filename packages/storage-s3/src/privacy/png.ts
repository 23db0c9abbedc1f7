import { crc32 } from "node:zlib";
import type { Edits } from "./edits.ts";
import { orientationOnly } from "./exif.ts";
import { MalformedError } from "./malformed.ts";
import { WINDOW_SIZE, type Window } from "./window.ts";

const SIGNATURE = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
/** Length, type and checksum around the data of a chunk. */
const OVERHEAD = 12;

const CRITICAL = new Set(["IHDR", "PLTE", "IDAT", "IEND"]);

/** All that decides which colours, size or motion a viewer shows: https://www.w3.org/TR/png-3/#11Ancillary-chunks */
const KEPT = new Set(
  "tRNS gAMA cHRM sRGB iCCP sBIT cICP mDCV cLLI mDCv cLLi bKGD hIST pHYs sPLT acTL fcTL fdAT".split(" "),
);

const NAMES = new Map([
  ["eXIf", "Exif"],
  ["tEXt", "text"],
  ["zTXt", "text"],
  ["iTXt", "text"],
  ["tIME", "time"],
]);

const XMP_KEYWORD = "XML:com.adobe.xmp\0";

interface Chunk {
  readonly at: number;
  readonly type: string;
  /** Length, type and checksum included. */
  readonly size: number;
}

/**
 * Removes metadata from a PNG or APNG: Exif, XMP, text, times, private chunks and all that follows the last chunk.
 * Kept: pixels, animation, every chunk that decides about colours, the density, the orientation.
 *
 * A private chunk goes only if its checksum is right: a damaged type is no reason to lose what may be pixels.
 * https://www.w3.org/TR/png-3/#5DataRep
 */
export async function stripPng(window: Window, edits: Edits): Promise<void> {
  if (!(await window.view(0, SIGNATURE.byteLength)).equals(SIGNATURE)) {
    throw new MalformedError("it does not begin like a PNG");
  }
  let at = SIGNATURE.byteLength;
  let pictured = false;
  let oriented = false;
  for (;;) {
    const chunk = await readChunk(window, at);
    at += chunk.size;
    if (chunk.type === "IEND") {
      if (!pictured) throw new MalformedError("the PNG holds no picture");
      edits.cut(at, "trailer");
      return;
    }
    if (chunk.type === "IDAT") pictured = true;
    if (CRITICAL.has(chunk.type) || KEPT.has(chunk.type)) continue;
    if (chunk.type === "eXIf") {
      await editExif(window, edits, chunk, oriented);
      oriented = true;
    } else {
      await dropChunk(window, edits, chunk);
    }
  }
}

async function readChunk(window: Window, at: number): Promise<Chunk> {
  const header = await window.view(at, 8);
  const type = header.toString("latin1", 4);
  const size = header.readUInt32BE() + OVERHEAD;
  if (!/^[A-Za-z]{4}$/.test(type)) throw new MalformedError(`no PNG chunk begins at byte ${at}`);
  if (/^[A-Z]/.test(type) && !CRITICAL.has(type)) throw new MalformedError(`the PNG needs an unknown chunk, ${type}`);
  if (at + size > window.size) throw new MalformedError(`the PNG ends within the ${type} chunk at byte ${at}`);
  return { at, type, size };
}

async function dropChunk(window: Window, edits: Edits, { at, type, size }: Chunk): Promise<void> {
  const known = NAMES.get(type);
  if (known === undefined && !(await isIntact(window, at, size))) {
    throw new MalformedError(`the unknown PNG chunk ${type} at byte ${at} is damaged`);
  }
  edits.drop(at, size, (await isXmp(window, at, type, size)) ? "XMP" : (known ?? type));
}

async function isXmp(window: Window, at: number, type: string, size: number): Promise<boolean> {
  if (!NAMES.has(type) || size < OVERHEAD + XMP_KEYWORD.length) return false;
  return (await window.view(at + 8, XMP_KEYWORD.length)).toString("latin1") === XMP_KEYWORD;
}

async function isIntact(window: Window, at: number, size: number): Promise<boolean> {
  const end = at + size - 4;
  let checksum = 0;
  for (let from = at + 4; from < end; from += WINDOW_SIZE) {
    checksum = crc32(await window.view(from, Math.min(WINDOW_SIZE, end - from)), checksum);
  }
  return checksum === (await window.view(end, 4)).readUInt32BE();
}

/** Only the first block may speak; and it stays where it was, so that every decoder reads it as before. */
async function editExif(window: Window, edits: Edits, { at, size }: Chunk, oriented: boolean): Promise<void> {
  const tiff = oriented ? undefined : await orientationOnly(window, at + 8, size - OVERHEAD);
  if (tiff === undefined) return edits.drop(at, size, "Exif");
  const kept = exifChunk(tiff);
  if (size !== kept.byteLength || !kept.equals(await window.view(at, size))) edits.replace(at, size, kept, "Exif");
}

function exifChunk(tiff: Buffer): Buffer {
  const chunk = Buffer.alloc(tiff.byteLength + OVERHEAD);
  chunk.writeUInt32BE(tiff.byteLength, 0);
  chunk.write("eXIf", 4, "latin1");
  tiff.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), chunk.byteLength - 4);
  return chunk;
}
