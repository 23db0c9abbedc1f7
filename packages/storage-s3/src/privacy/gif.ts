import type { Edits } from "./edits.ts";
import { MalformedError } from "./malformed.ts";
import type { Window } from "./window.ts";

const EXTENSION = 0x21;
const IMAGE = 0x2c;
const TRAILER = 0x3b;
const COMMENT = 0xfe;
const APPLICATION = 0xff;
/** Header and logical screen descriptor. */
const HEADER = 13;
const DESCRIPTOR = 10;

/** How often the animation repeats, and the colour profile. */
const KEPT_APPLICATIONS = new Set(["NETSCAPE2.0", "ANIMEXTS1.0", "ICCRGBG1012"]);

/**
 * Removes comments, XMP and other application data from a GIF, and all that follows its end.
 * Kept: pixels, animation, loops, the colour profile. https://www.w3.org/Graphics/GIF/spec-gif89a.txt
 *
 * Many GIFs in the wild lack the trailer; where the last block ends with the file, that counts as the end.
 */
export async function stripGif(window: Window, edits: Edits): Promise<void> {
  const header = await window.view(0, HEADER);
  if (!/^GIF8[79]a$/.test(header.toString("latin1", 0, 6))) throw new MalformedError("it does not begin like a GIF");
  let at = HEADER + colourTable(header[10] ?? 0);
  let pictured = false;
  while (at < window.size) {
    const [kind] = await window.view(at, 1);
    if (kind === TRAILER) {
      at += 1;
      break;
    }
    if (kind === IMAGE) {
      at = await endOfImage(window, at);
      pictured = true;
    } else if (kind === EXTENSION) {
      at = await editExtension(window, edits, at);
    } else {
      throw new MalformedError(`no GIF block begins at byte ${at}`);
    }
  }
  if (!pictured) throw new MalformedError("the GIF holds no picture");
  edits.cut(at, "trailer");
}

function colourTable(flags: number): number {
  return (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 0x07) + 1);
}

async function endOfImage(window: Window, at: number): Promise<number> {
  const descriptor = await window.view(at, DESCRIPTOR);
  // One byte of code size precedes the compressed data.
  return endOfBlocks(window, at + DESCRIPTOR + colourTable(descriptor[9] ?? 0) + 1);
}

async function editExtension(window: Window, edits: Edits, at: number): Promise<number> {
  const label = (await window.view(at, 2))[1];
  const end = await endOfBlocks(window, at + 2);
  if (label === COMMENT) edits.drop(at, end - at, "comment");
  if (label !== APPLICATION) return end;
  const application = (await window.view(at, Math.min(14, end - at))).toString("latin1", 3);
  if (KEPT_APPLICATIONS.has(application)) return end;
  edits.drop(at, end - at, application === "XMP DataXMP" ? "XMP" : "application data");
  return end;
}

/** Behind a chain of blocks that each begin with their length, the last with zero. */
async function endOfBlocks(window: Window, from: number): Promise<number> {
  let at = from;
  for (;;) {
    const bytes = await window.ahead(at, 1);
    let index = 0;
    while (index < bytes.byteLength) {
      const length = bytes[index] ?? 0;
      index += 1 + length;
      if (length === 0) return at + index;
    }
    at += index;
  }
}
