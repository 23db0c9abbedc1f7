import type { Store } from "../store/store.ts";
import { archiveFolder, parseSegment, serverFolder, type Archive, type LogFile, type StoredSegment } from "./names.ts";
import type { Place } from "./plan.ts";

const UNCHANGED = "Nothing was changed.";

/** The pieces of a server's binary log in the bucket, in the order of their keys: chain, file, offset. */
export async function listSegments(store: Store, prefix: string, archive: Archive): Promise<StoredSegment[]> {
  return store.attempt("ListObjectsV2", UNCHANGED, async () => {
    const segments: StoredSegment[] = [];
    for await (const { key, size } of store.list(archiveFolder(prefix, archive))) {
      const segment = parseSegment(prefix, key, size);
      if (segment) segments.push(segment);
    }
    return segments;
  });
}

/** Whether binary logs of a server of this name were ever archived, also of one that was made anew since. */
export async function isArchived(store: Store, prefix: string, server: string): Promise<boolean> {
  return store.attempt("ListObjectsV2", UNCHANGED, async () => {
    for await (const { key, size } of store.list(serverFolder(prefix, server))) {
      if (parseSegment(prefix, key, size)) return true;
    }
    return false;
  });
}

/** Where the archive stopped. */
export function placeOf(segments: readonly StoredSegment[]): Place | undefined {
  const chain = segments.at(-1)?.chain;
  const inOrder = segments
    .filter((segment) => segment.chain === chain)
    .toSorted((a, b) => numberOf(a.file) - numberOf(b.file) || a.end - b.end);
  const last = inOrder.at(-1);
  return last && { chain: last.chain, file: last.file, end: last.end, last: last.last };
}

/** With a digit more, the names of files are in another order than their numbers. */
const numberOf = ({ name }: LogFile): number => Number(/\d+$/.exec(name)?.[0] ?? 0);
