import { MalformedError } from "./malformed.ts";
import type { Window } from "./window.ts";

/** A file has about ten boxes, a list of items as many as items: a phone's photo has about sixty. */
const MAX_BOXES = 70_000;

/** A box of the ISO base media file format (ISO/IEC 14496-12, 4.2). */
export interface Box {
  readonly type: string;
  readonly at: number;
  /** Where its payload begins. */
  readonly from: number;
  readonly end: number;
}

/**
 * The boxes that stand between two offsets, in their order.
 * https://github.com/MPEGGroup/isobmff, https://aomediacodec.github.io/av1-avif/
 */
export async function readBoxes(window: Window, from: number, end: number): Promise<Box[]> {
  const boxes: Box[] = [];
  let at = from;
  while (at < end) {
    if (boxes.length === MAX_BOXES) throw new MalformedError(`more than ${MAX_BOXES} boxes`);
    const box = await readBox(window, at, end);
    boxes.push(box);
    at = box.end;
  }
  return boxes;
}

async function readBox(window: Window, at: number, limit: number): Promise<Box> {
  const header = await window.view(at, 8);
  const type = header.toString("latin1", 4);
  let size = header.readUInt32BE();
  let from = at + 8;
  if (size === 1) {
    size = Number((await window.view(from, 8)).readBigUInt64BE());
    from += 8;
  } else if (size === 0) {
    // "to the end of the file"
    size = limit - at;
  }
  if (at + size < from || at + size > limit) throw new MalformedError(`the box at byte ${at} has a wrong size`);
  return { type, at, from, end: at + size };
}
