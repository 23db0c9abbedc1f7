/**
 * Runs work with a signal that aborts after a time, or with another signal. The time is over with the work; the other
 * signal goes on to count, for the body of an answer that has begun. (Not AbortSignal.any with AbortSignal.timeout:
 * its timer would go on as well.)
 */
export async function within<T>(
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
  outer?: AbortSignal,
): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  if (outer?.aborted) abort();
  outer?.addEventListener("abort", abort, { once: true });
  const timer = setTimeout(abort, ms);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}
