import { readBoxes, type Box } from "./isobmff.ts";
import { MalformedError } from "./malformed.ts";
import type { Window } from "./window.ts";

/** A grid of tiles has some hundreds; the size is what a list of {@link MAX_EXTENTS} may take. */
const MAX_EXTENTS = 65_536;
const MAX_ILOC_SIZE = 2 * 1024 * 1024;

const WITHIN_FILE = 0;
const WITHIN_IDAT = 1;

/** Exif, XMP and other documents, and opaque data that is named by a URI. */
const METADATA = new Set(["Exif", "mime", "uri "]);

/** An item that holds metadata. */
export interface MetadataItem {
  readonly id: number;
  readonly type: string;
  /** Where the four letters of its type stand. */
  readonly typeAt: number;
}

/** Bytes of an item, by their place in the file; none is known for an item that is built from others. */
export interface Extent {
  readonly id: number;
  readonly from: number;
  readonly end: number;
}

/** The items with metadata that an `iinf` box lists (ISO/IEC 14496-12, 8.11.6). */
export async function readMetadataItems(window: Window, iinf: Box): Promise<MetadataItem[]> {
  const [version] = await window.view(iinf.from, 1);
  const items: MetadataItem[] = [];
  for (const infe of await readBoxes(window, iinf.from + (version === 0 ? 6 : 8), iinf.end)) {
    if (infe.type !== "infe") continue;
    const [entryVersion = 0] = await window.view(infe.from, 1);
    if (entryVersion < 2) throw new MalformedError("an item has no type");
    const wide = entryVersion > 2;
    const typeAt = infe.from + (wide ? 10 : 8);
    if (typeAt + 4 > infe.end) throw new MalformedError(`the item entry at byte ${infe.at} is too short`);
    const entry = await window.view(infe.from, typeAt + 4 - infe.from);
    const type = entry.toString("latin1", typeAt - infe.from);
    if (METADATA.has(type)) items.push({ id: wide ? entry.readUInt32BE(4) : entry.readUInt16BE(4), type, typeAt });
  }
  return items;
}

/** Where the items of an `iloc` box stand in the file (ISO/IEC 14496-12, 8.11.3). */
export async function readExtents(window: Window, iloc: Box, idat: Box | undefined): Promise<Extent[]> {
  if (iloc.end - iloc.from > MAX_ILOC_SIZE) throw new MalformedError("the list of items is too long");
  const fields = new Fields(await window.copy(iloc.from, iloc.end - iloc.from));
  const version = fields.uint(1);
  if (version > 2) throw new MalformedError(`the list of items has version ${version}`);
  fields.uint(3);
  const [offsetSize, lengthSize] = halves(fields.uint(1));
  // What stands in the place of the index size is reserved before version 1.
  const [baseSize, indexSize] = halves(fields.uint(1) & (version === 0 ? 0xf0 : 0xff));
  const wide = version === 2 ? 4 : 2;
  const extents: Extent[] = [];
  for (let items = fields.uint(wide); items > 0; items--) {
    const id = fields.uint(wide);
    const method = version === 0 ? WITHIN_FILE : fields.uint(2) & 0x0f;
    // Which file it is: one that is not this one holds nothing of ours.
    fields.uint(2);
    const base = fields.uint(baseSize);
    for (let count = fields.uint(2); count > 0; count--) {
      fields.uint(indexSize);
      const from = base + fields.uint(offsetSize);
      extents.push(place(window, idat, method, { id, from, end: from + fields.uint(lengthSize) }));
      if (extents.length > MAX_EXTENTS) throw new MalformedError("the list of items is too long");
    }
  }
  return extents;
}

function halves(byte: number): [number, number] {
  const sizes: [number, number] = [byte >> 4, byte & 0x0f];
  if (sizes.some((size) => ![0, 4, 8].includes(size))) throw new MalformedError("the list of items has odd sizes");
  return sizes;
}

function place(window: Window, idat: Box | undefined, method: number, extent: Extent): Extent {
  const { id, from, end } = extent;
  if (method === WITHIN_FILE) {
    // No length means all that there is.
    return { id, from, end: end === from ? window.size : end };
  }
  if (method === WITHIN_IDAT && idat) {
    return { id, from: idat.from + from, end: end === from ? idat.end : idat.from + end };
  }
  // Not a place in this file: as empty, it cannot be mistaken for one.
  return { id, from: 0, end: 0 };
}

/** Numbers that follow each other without gaps. */
class Fields {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  uint(size: number): number {
    const at = this.#at;
    this.#at += size;
    if (this.#at > this.#bytes.byteLength) throw new MalformedError("the list of items ends early");
    if (size === 0) return 0;
    return size < 8 ? this.#bytes.readUIntBE(at, size) : Number(this.#bytes.readBigUInt64BE(at));
  }
}
