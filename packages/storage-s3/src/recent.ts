import { LRUCache } from "lru-cache";

/**
 * Remembers strings, so many of the latest and each so long. They count as their size, as the cache would reserve the
 * memory of all at once for a number of them: 8 MB for each adapter.
 */
export function recent(most: number, forMs: number): LRUCache<string, true> {
  return new LRUCache({ maxSize: most, sizeCalculation: () => 1, ttl: forMs });
}
