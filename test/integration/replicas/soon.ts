/** A moment that far ahead, or a little more: on a whole second, as Ghost stores it. */
export function soon(aheadMs: number): Date {
  return new Date(Math.ceil((Date.now() + aheadMs) / 1000) * 1000);
}
