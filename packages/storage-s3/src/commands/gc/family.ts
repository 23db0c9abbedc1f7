import { posix } from "node:path";

const SIZE = /^size\/[^/]+\/(?:format\/[^/]+\/)?/;

/** An original (`photo_o.jpg`) and a thumbnail (`clip_thumb.png`) belong to the file without that ending. */
const COMPANION = /_(?:o|thumb)$/;

/**
 * What lives and dies together: an image with its original and all its sizes, a video with its thumbnail; and for
 * safety's sake all that has the same folder and name, whatever its extension.
 */
export function familyOf(path: string): string {
  const { dir, name } = posix.parse(path.replace(SIZE, ""));
  return normalize(posix.join(dir, name.replace(COMPANION, "")));
}

/** The same letters can be written in two ways, and file systems choose one by themselves. */
export const normalize = (text: string): string => text.normalize("NFC");

/** What a file may be called where it is named: the stem alone is enough. */
export const withoutCompanion = (stem: string): string => stem.replace(COMPANION, "");

/** Leaves the part that is the same for all sizes. */
export const withoutSize = (path: string): string => path.replace(SIZE, "");

/** Folders that Ghost makes itself. In all others lies what somebody put there on purpose, for whatever reason. */
const KNOWN = /^(?:\d{4}\/\d{2}|icon|thumbnail)\/[^/]+$/;

/** Whether Ghost itself chose the path; what it did not choose is not for us to delete. */
export function isGhostPath(path: string): boolean {
  return KNOWN.test(withoutSize(path)) && !path.split("/").some((segment) => segment.startsWith("."));
}
