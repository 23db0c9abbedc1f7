import type { Edits } from "./edits.ts";
import { readExtents, readMetadataItems, type Extent, type MetadataItem } from "./heif-items.ts";
import { readBoxes, type Box } from "./isobmff.ts";
import { MalformedError } from "./malformed.ts";
import type { Window } from "./window.ts";

/** Top-level boxes that a picture or a sequence of pictures consists of. */
const KEPT = new Set(["ftyp", "styp", "meta", "mdat", "moov", "moof", "sidx", "pdin"]);

/** Boxes of a sequence and of its tracks without which nothing plays; the others describe it for people. */
const KEPT_IN_SEQUENCE = new Set(["mvhd", "mvex", "trak", "tkhd", "tref", "trgr", "edts", "mdia"]);

/** User description, time of creation, time of modification (ISO/IEC 23008-12, 6.5). */
const DESCRIPTIVE_PROPERTIES = new Set(["udes", "crtt", "mdft"]);

const FREE = Buffer.from("free", "latin1");

/** A type that no decoder knows and that each therefore leaves alone. */
const IGNORED_ITEM = Buffer.from("skip", "latin1");

const NAMES = new Map([
  ["mime", "XMP"],
  ["uri ", "uri"],
]);

/**
 * Removes metadata from an AVIF or HEIF: Exif and XMP items, descriptions and unknown boxes (some phones append films).
 *
 * Everything in such a file is found by its offset, so the bytes are overwritten with zeros and not taken out. The
 * item's type is overwritten too: an Exif item that is empty makes libavif refuse the whole picture
 * (https://github.com/AOMediaCodec/libavif/issues/3306), one of an unknown type is passed over.
 * The orientation needs no Exif here: `irot` and `imir` alone decide (ISO/IEC 23008-12, 6.5 and A.2.1).
 *
 * A file is changed as a whole or, when it is malformed, not at all. Small versions of the picture itself stay.
 */
export async function stripHeif(window: Window, edits: Edits): Promise<void> {
  try {
    await stripBoxes(window, edits);
  } catch (error) {
    edits.reset();
    throw error;
  }
}

async function stripBoxes(window: Window, edits: Edits): Promise<void> {
  const top = await readBoxes(window, 0, window.size);
  if (top[0]?.type !== "ftyp") throw new MalformedError("it does not begin like an AVIF or HEIF");
  const kept = top.filter(({ type }) => KEPT.has(type));
  if (kept.filter(({ type }) => type === "meta").length > 1)
    throw new MalformedError("there is more than one meta box");
  if (!kept.some(({ type }) => type === "meta" || type === "moov")) throw new MalformedError("it holds no picture");

  let used = kept.at(-1)?.end ?? 0;
  const areas = top.filter(({ type }) => type === "mdat");
  for (const box of kept) {
    if (box.type === "meta") used = Math.max(used, await stripItems(window, edits, box, areas));
    if (box.type === "moov") await hideDescriptions(window, edits, box);
  }
  for (const box of top) {
    if (KEPT.has(box.type)) continue;
    // Behind all that is used, even the place can go.
    if (box.at >= used) edits.drop(box.at, box.end - box.at, nameOf(box));
    else await hide(window, edits, box);
  }
}

/** Overwrites the metadata of a `meta` box; tells where the last of all its items ends. */
async function stripItems(window: Window, edits: Edits, meta: Box, areas: readonly Box[]): Promise<number> {
  const children = await readBoxes(window, meta.from + 4, meta.end);
  const only = (type: string) => {
    const [first, second] = children.filter((box) => box.type === type);
    if (second) throw new MalformedError(`there is more than one ${type} box`);
    return first;
  };
  const [iinf, iloc, idat, iprp] = [only("iinf"), only("iloc"), only("idat"), only("iprp")];
  if (iprp) await blankProperties(window, edits, iprp);
  const items = iinf ? await readMetadataItems(window, iinf) : [];
  const extents = iloc ? await readExtents(window, iloc, idat) : [];
  for (const { type, typeAt } of items) edits.replace(typeAt, 4, IGNORED_ITEM, NAMES.get(type) ?? type);
  const holders = idat ? [...areas, idat] : areas;
  for (const { from, end, name } of ownBytes(items, extents, holders)) edits.blank(from, end - from, name);
  return extents.reduce((last, { end }) => Math.max(last, end), 0);
}

/** The bytes of the given items, none twice. Bytes that a picture shares with them cannot be overwritten. */
function ownBytes(items: readonly MetadataItem[], extents: readonly Extent[], holders: readonly Box[]) {
  const names = new Map(items.map(({ id, type }) => [id, NAMES.get(type) ?? type]));
  const own: { from: number; end: number; name: string }[] = [];
  let others = 0;
  for (const { id, from, end } of extents.toSorted((a, b) => a.from - b.from)) {
    const name = names.get(id);
    const last = own.at(-1);
    if (name === undefined) {
      if (last && from < last.end && from < end) throw new MalformedError("metadata and picture share their bytes");
      others = Math.max(others, end);
      continue;
    }
    if (!holders.some((box) => from >= box.from && end <= box.end)) {
      throw new MalformedError("metadata lies outside of what may hold it");
    }
    if (from < others) throw new MalformedError("metadata and picture share their bytes");
    const start = Math.max(from, last?.end ?? 0);
    if (start < end) own.push({ from: start, end, name });
  }
  return own;
}

/** The properties stay in their list, where others are found by their position, but say nothing any more. */
async function blankProperties(window: Window, edits: Edits, iprp: Box): Promise<void> {
  for (const ipco of await readBoxes(window, iprp.from, iprp.end)) {
    if (ipco.type !== "ipco") continue;
    for (const { type, from, end } of await readBoxes(window, ipco.from, ipco.end)) {
      // Version and flags precede the text.
      const text = Math.min(from + 4, end);
      if (!DESCRIPTIVE_PROPERTIES.has(type) || (await window.isBlank(text, end - text))) continue;
      edits.blank(text, end - text, "description");
    }
  }
}

/** In a sequence and in its tracks; no deeper, so that boxes within boxes cannot pile up. */
async function hideDescriptions(window: Window, edits: Edits, moov: Box): Promise<void> {
  for (const box of await readBoxes(window, moov.from, moov.end)) {
    const described = box.type === "trak" ? await readBoxes(window, box.from, box.end) : [box];
    for (const inner of described) {
      if (!KEPT_IN_SEQUENCE.has(inner.type)) await hide(window, edits, inner);
    }
  }
}

/** Turns a box into free space of the same size. */
async function hide(window: Window, edits: Edits, box: Box): Promise<void> {
  const { type, at, from, end } = box;
  const free = type === "free" || type === "skip";
  if (free && (await window.isBlank(from, end - from))) return;
  if (!free) edits.replace(at + 4, 4, FREE, nameOf(box));
  edits.blank(from, end - from, nameOf(box));
}

function nameOf({ type }: Box): string {
  return /^\w{4}$/.test(type) ? type : "unknown box";
}
