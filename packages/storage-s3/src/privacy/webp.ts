import type { Edits } from "./edits.ts";
import { orientationOnly } from "./exif.ts";
import { MalformedError } from "./malformed.ts";
import type { Window } from "./window.ts";

const HEADER = 12;
const CHUNK_HEADER = 8;
const XMP_FLAG = 0x04;
const EXIF_FLAG = 0x08;

const PIXELS = new Set(["VP8 ", "VP8L", "ANMF"]);
const KEPT = new Set(["VP8X", "VP8 ", "VP8L", "ALPH", "ICCP", "ANIM", "ANMF"]);
const KEPT_IN_FRAME = new Set(["ALPH", "VP8 ", "VP8L"]);
/** Position, size, duration and flags of a frame precede the chunks within it. */
const FRAME_HEADER = 16;

interface Chunk {
  readonly at: number;
  readonly type: string;
  /** Of the payload, without header and padding. */
  readonly length: number;
  readonly next: number;
}

/**
 * Removes metadata from a WebP: EXIF, XMP, unknown chunks and all that follows the RIFF container.
 * Kept: pixels, alpha, animation, the ICC profile, the orientation. Unknown chunks within a frame are overwritten with
 * zeros, because the frame counts their length.
 *
 * The container counts its own length, so a WebP is changed as a whole or, when it is malformed, not at all.
 * https://developers.google.com/speed/webp/docs/riff_container
 */
export async function stripWebp(window: Window, edits: Edits): Promise<void> {
  try {
    await stripChunks(window, edits);
  } catch (error) {
    edits.reset();
    throw error;
  }
}

async function stripChunks(window: Window, edits: Edits): Promise<void> {
  const end = await readContainer(window);
  let pictured = false;
  let exif: "none" | "dropped" | "kept" = "none";
  let extended: Chunk | undefined;
  for await (const chunk of chunks(window, HEADER, end)) {
    pictured ||= PIXELS.has(chunk.type);
    if (chunk.type === "VP8X") extended ??= chunk;
    if (chunk.type === "ANMF") await blankInFrame(window, edits, chunk);
    // Only the first block may speak, as in every decoder.
    else if (chunk.type === "EXIF" && exif === "none") exif = await editExif(window, edits, chunk);
    else if (!KEPT.has(chunk.type)) edits.drop(chunk.at, chunk.next - chunk.at, nameOf(chunk.type));
  }
  if (!pictured) throw new MalformedError("the WebP holds no picture");
  edits.cut(end, "trailer");
  if (edits.removed.length > 0) await correctHeaders(window, edits, extended, exif === "kept");
}

async function readContainer(window: Window): Promise<number> {
  const header = await window.view(0, HEADER);
  const end = CHUNK_HEADER + header.readUInt32LE(4);
  if (header.toString("latin1", 0, 4) !== "RIFF" || header.toString("latin1", 8) !== "WEBP") {
    throw new MalformedError("it does not begin like a WebP");
  }
  if (end > window.size) throw new MalformedError(`the WebP ends ${end - window.size} bytes early`);
  return end;
}

async function* chunks(window: Window, from: number, end: number): AsyncGenerator<Chunk> {
  let at = from;
  while (at < end) {
    if (at + CHUNK_HEADER > end) throw new MalformedError(`no WebP chunk begins at byte ${at}`);
    const header = await window.view(at, CHUNK_HEADER);
    const type = header.toString("latin1", 0, 4);
    const length = header.readUInt32LE(4);
    const last = at + CHUNK_HEADER + length;
    if (last > end) throw new MalformedError(`the WebP chunk at byte ${at} is longer than what holds it`);
    // Some writers forget the padding of the last chunk.
    const next = Math.min(last + (length % 2), end);
    yield { at, type, length, next };
    at = next;
  }
}

/** The block stays where it was, so that every decoder reads it as before. */
async function editExif(window: Window, edits: Edits, { at, length, next }: Chunk): Promise<"dropped" | "kept"> {
  const tiff = await orientationOnly(window, at + CHUNK_HEADER, length);
  if (tiff === undefined) {
    edits.drop(at, next - at, "Exif");
    return "dropped";
  }
  const kept = Buffer.alloc(CHUNK_HEADER + tiff.byteLength);
  kept.write("EXIF", 0, "latin1");
  kept.writeUInt32LE(tiff.byteLength, 4);
  tiff.copy(kept, CHUNK_HEADER);
  const same = next - at === kept.byteLength && kept.equals(await window.view(at, kept.byteLength));
  if (!same) edits.replace(at, next - at, kept, "Exif");
  return "kept";
}

async function blankInFrame(window: Window, edits: Edits, frame: Chunk): Promise<void> {
  const from = frame.at + CHUNK_HEADER;
  if (frame.length < FRAME_HEADER) throw new MalformedError(`the WebP frame at byte ${frame.at} is too short`);
  for await (const { at, type, length } of chunks(window, from + FRAME_HEADER, from + frame.length)) {
    if (KEPT_IN_FRAME.has(type) || (await window.isBlank(at + CHUNK_HEADER, length))) continue;
    edits.blank(at + CHUNK_HEADER, length, nameOf(type));
  }
}

async function correctHeaders(window: Window, edits: Edits, extended: Chunk | undefined, exif: boolean) {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(window.size + edits.growth - CHUNK_HEADER);
  edits.replace(4, 4, size);
  if (extended === undefined || extended.length === 0) return;
  const at = extended.at + CHUNK_HEADER;
  const [flags = 0] = await window.view(at, 1);
  const gone = exif ? XMP_FLAG : XMP_FLAG | EXIF_FLAG;
  edits.replace(at, 1, Buffer.from([flags & ~gone]));
}

function nameOf(type: string): string {
  if (type === "EXIF") return "Exif";
  return type.startsWith("XMP") ? "XMP" : type.trim();
}
