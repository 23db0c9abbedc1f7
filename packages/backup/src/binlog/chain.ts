import { nextName, type StoredSegment } from "./names.ts";

/**
 * The pieces that follow one of a chain without a gap, and that one first. A piece of a file that is missing at its end
 * is seen by the size that the next file noted.
 */
export function* unbroken(chain: readonly StoredSegment[], first: StoredSegment): Generator<StoredSegment> {
  const starts = new Map<string, StoredSegment>();
  for (const segment of chain) {
    const id = `${segment.file.name} ${segment.start}`;
    // two begin at the same place when a piece was missing for a while and was archived again
    if (segment.end > (starts.get(id)?.end ?? 0)) starts.set(id, segment);
  }
  for (let at: StoredSegment | undefined = first; at;) {
    yield at;
    const { file, end }: StoredSegment = at;
    const beginning = starts.get(`${nextName(file.name)} 0`);
    at = starts.get(`${file.name} ${end}`) ?? (beginning?.file.before === end ? beginning : undefined);
  }
}
