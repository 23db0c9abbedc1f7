import type { Edits } from "./edits.ts";
import { EXIF_PREFIX, orientationOnly } from "./exif.ts";
import { MalformedError } from "./malformed.ts";
import type { Window } from "./window.ts";

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const COM = 0xfe;
const APP0 = 0xe0;
const APP1 = 0xe1;
const APP2 = 0xe2;
const APP13 = 0xed;
const APP14 = 0xee;
const APP15 = 0xef;

const JFIF = "JFIF\0";
/** Marker, length, "JFIF", version and density: all of a JFIF segment but its thumbnail. */
const JFIF_SIZE = 18;
/** Marker, length, "Adobe", version, flags and transform: all that a decoder reads. */
const ADOBE_SIZE = 16;

/** A photo has about thirty, one with a very long XMP some hundreds; more would only keep us busy. */
const MAX_SEGMENTS = 65_536;

interface Segment {
  readonly at: number;
  readonly marker: number;
  /** Marker and length included. */
  readonly size: number;
}

/**
 * Removes metadata from a JPEG: Exif, XMP, IPTC, comments, thumbnails, multi-picture indexes and all that follows the
 * end of the image (where phones append second pictures and films, each with its own position).
 *
 * Kept: tables, frames and scans byte for byte, the ICC profile, the JFIF density, the Adobe transform, the orientation.
 * The HDR gain map of an "Ultra HDR" photo is such a second picture, so what stays of it is the ordinary photo.
 *
 * The walk ends at the real end of the image, through stuffed bytes, restart markers and all scans of a progressive
 * picture: https://www.w3.org/Graphics/JPEG/itu-t81.pdf (B.1.1, B.2.1).
 */
export async function stripJpeg(window: Window, edits: Edits): Promise<void> {
  const start = await window.view(0, 2);
  if (start[0] !== 0xff || start[1] !== SOI) throw new MalformedError("it does not begin like a JPEG");
  let at = 2;
  let scans = 0;
  let oriented = false;
  for (let count = 0; count < MAX_SEGMENTS; count++) {
    const segment = await readSegment(window, at);
    if (segment.marker === EOI) {
      // An image without a scan is not the one that a lenient reader would show: cutting here would lose that one.
      if (scans === 0) throw new MalformedError("the image ends before its first scan");
      edits.cut(segment.at + segment.size, "trailer");
      return;
    }
    if (segment.marker === SOS) scans++;
    if (segment.marker >= APP0 && segment.marker <= APP15) {
      oriented = (await editApplication(window, edits, segment, oriented)) || oriented;
    } else if (segment.marker === COM) {
      edits.drop(segment.at, segment.size, "comment");
    }
    at = segment.at + segment.size;
    if (segment.marker === SOS) at = await endOfScan(window, at);
  }
  throw new MalformedError(`the JPEG has more than ${MAX_SEGMENTS} segments`);
}

async function readSegment(window: Window, from: number): Promise<Segment> {
  const { at, marker } = await readMarker(window, from);
  if (marker === EOI) return { at, marker, size: 2 };
  const length = (await window.view(at + 2, 2)).readUInt16BE();
  if (length < 2) throw new MalformedError(`the JPEG segment at byte ${at} has no length`);
  if (at + 2 + length > window.size) throw new MalformedError(`the JPEG ends within the segment at byte ${at}`);
  return { at, marker, size: 2 + length };
}

/** Any number of fill bytes may precede a marker (T.81, B.1.1.2); they stay where they are. */
async function readMarker(window: Window, from: number): Promise<{ at: number; marker: number }> {
  let at = from;
  for (;;) {
    const bytes = await window.ahead(at, 2);
    const index = bytes.findIndex((byte) => byte !== 0xff);
    const marker = bytes[index] ?? 0;
    if (index === 0 || (index > 0 && !isSegment(marker))) {
      throw new MalformedError(`no JPEG segment begins at byte ${at}`);
    }
    if (index > 0) return { at: at + index - 1, marker };
    at += bytes.byteLength - 1;
  }
}

/** Whether a segment that an image may consist of has this marker (T.81, table B.1). */
function isSegment(marker: number): boolean {
  if (marker === COM) return true;
  if (marker < 0xc0 || marker > APP15 || marker === 0xc8) return false;
  return marker < 0xd0 || marker > SOI;
}

/** Decides about an APPn segment; tells whether it was Exif. */
async function editApplication(window: Window, edits: Edits, segment: Segment, oriented: boolean): Promise<boolean> {
  const { at, marker, size } = segment;
  const bytes = await window.view(at, size);
  const name = nameOf(marker, bytes);
  if (name === "ICC") return false;
  if (name === "Exif") {
    await editExif(window, edits, segment, oriented);
    return true;
  }
  if (name === "JFIF" || name === "Adobe") {
    const wanted = name === "JFIF" ? JFIF_SIZE : ADOBE_SIZE;
    if (size > wanted) edits.replace(at, size, shorten(bytes, wanted, name), name === "JFIF" ? "thumbnail" : name);
    return false;
  }
  edits.drop(at, size, name);
  return false;
}

function nameOf(marker: number, segment: Buffer): string {
  const begins = (text: string) => segment.toString("latin1", 4, 4 + text.length) === text;
  if (marker === APP0 && begins(JFIF) && segment.byteLength >= JFIF_SIZE) return "JFIF";
  if (marker === APP1 && begins("Exif\0")) return "Exif";
  if (marker === APP1 && begins("http://ns.adobe.com/")) return "XMP";
  if (marker === APP2 && begins("ICC_PROFILE\0")) return "ICC";
  if (marker === APP2 && begins("MPF\0")) return "MPF";
  if (marker === APP13 && begins("Photoshop ")) return "IPTC";
  if (marker === APP14 && begins("Adobe") && segment.byteLength >= ADOBE_SIZE) return "Adobe";
  return `APP${marker - APP0}`;
}

/** The segment without what stands behind the part that a decoder needs. */
function shorten(segment: Buffer, size: number, name: string): Buffer {
  const kept = Buffer.from(segment.subarray(0, size));
  kept.writeUInt16BE(size - 2, 2);
  if (name === "JFIF") kept.fill(0, size - 2);
  return kept;
}

/** Only the first block may speak, as in every decoder; and it stays where it was, so that each reads it as before. */
async function editExif(window: Window, edits: Edits, { at, size }: Segment, oriented: boolean): Promise<void> {
  const tiff = oriented ? undefined : await orientationOnly(window, at + 4, size - 4);
  if (tiff === undefined) return edits.drop(at, size, "Exif");
  const header = Buffer.from([0xff, APP1, 0, 2 + EXIF_PREFIX.byteLength + tiff.byteLength]);
  const kept = Buffer.concat([header, EXIF_PREFIX, tiff]);
  if (!kept.equals(await window.view(at, size))) edits.replace(at, size, kept, "Exif");
}

/** Where the next marker stands behind a scan: stuffed zeros and restarts belong to its data (T.81, B.1.1.5). */
async function endOfScan(window: Window, from: number): Promise<number> {
  let at = from;
  while (at + 1 < window.size) {
    const bytes = await window.ahead(at, 2);
    let index = bytes.indexOf(0xff);
    while (index !== -1 && index + 1 < bytes.byteLength) {
      const next = bytes[index + 1] ?? 0;
      const belongs = next === 0 || (next >= 0xd0 && next < SOI);
      if (!belongs && next !== 0xff) return at + index;
      index = bytes.indexOf(0xff, index + (belongs ? 2 : 1));
    }
    at += index === -1 ? bytes.byteLength : index;
  }
  throw new MalformedError("the file ends within a scan, without an end of image");
}
