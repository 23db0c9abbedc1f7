import type { Source } from "../upload/source.ts";
import { Edits } from "./edits.ts";
import { stripGif } from "./gif.ts";
import { stripHeif } from "./heif.ts";
import { stripJpeg } from "./jpeg.ts";
import { MalformedError } from "./malformed.ts";
import { stripPng } from "./png.ts";
import { stripWebp } from "./webp.ts";
import { Window } from "./window.ts";

/** A picture without its metadata. */
export interface Stripped {
  /** The picture; the very source that was given when nothing had to be removed. It reads from that source. */
  readonly source: Source;
  /** What was removed: "Exif", "XMP", "IPTC", "comment", "trailer"… */
  readonly removed: readonly string[];
  /** Whether the file was understood to its end, so that no metadata is left where its format keeps any. */
  readonly complete: boolean;
  /** Why it was not. */
  readonly reason?: string;
}

type Strip = (window: Window, edits: Edits) => Promise<void>;

const FORMATS = new Map<string, Strip>([
  ["image/jpeg", stripJpeg],
  ["image/png", stripPng],
  ["image/apng", stripPng],
  ["image/webp", stripWebp],
  ["image/gif", stripGif],
  ["image/avif", stripHeif],
  ["image/avif-sequence", stripHeif],
  ["image/heic", stripHeif],
  ["image/heic-sequence", stripHeif],
  ["image/heif", stripHeif],
  ["image/heif-sequence", stripHeif],
]);

/** Whether {@link stripMetadata} knows this media type; it hands every other one back untouched. */
export function canStrip(type: string): boolean {
  return FORMATS.has(type);
}

/**
 * Removes what a picture says about its author (position, camera, names, dates, comments, thumbnails, appended films)
 * and keeps what it shows: pixels byte for byte, colour profile, orientation, animation. Nothing is encoded again and
 * nothing is copied; the picture is read through a small window, whatever its size.
 *
 * Hostile and damaged files: pixels are never thrown away. Where the structure cannot be followed to its end,
 * `complete` is false and `reason` says where. Then a JPEG, PNG or GIF has lost the metadata that stands before that
 * place, and all behind it is kept as it was; a WebP, AVIF or HEIF, whose parts count on each other, is kept whole.
 * A JPEG that ends without an end of image is such a case: its last bytes may be pixels or anything else. So is any
 * type that {@link canStrip} does not know. Such a file may hold a position: publish it only if that is acceptable.
 *
 * @throws only what reading the source throws
 */
export async function stripMetadata(source: Source, type: string): Promise<Stripped> {
  const strip = FORMATS.get(type);
  if (!strip) return { source, removed: [], complete: false, reason: `metadata in ${type} is not understood` };
  const edits = new Edits(source);
  let reason: string | undefined;
  try {
    await strip(new Window(source), edits);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    reason = error.message;
  }
  const outcome = { source: edits.apply(), removed: edits.removed };
  return reason === undefined ? { ...outcome, complete: true } : { ...outcome, complete: false, reason };
}
