import { reasonOf } from "../failure.ts";
import type { Log } from "../log.ts";

const TIMEOUT_MS = 10_000;
const ATTEMPTS = 2;

/**
 * Tells somebody else. What is told has happened anyway: that it could not be told is a warning, not a failure of the
 * run. The URL is a secret of its own, so that the log names the host only.
 */
export async function tell(what: string, url: string, log: Log, init: RequestInit = {}): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`it answered ${response.status}`);
      return;
    } catch (error) {
      if (attempt < ATTEMPTS) continue;
      const cause = (error as Error).cause;
      const reason = reasonOf(cause ?? error).replaceAll(url, "…");
      log.warn(`the ${what} was not told`, { host: new URL(url).host, reason });
      return;
    }
  }
}
