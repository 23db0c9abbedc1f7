import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 50;

/** Asks again and again until the answer is a true one, and answers with it; an error when the time is up. */
export async function eventually<T>(what: string, ask: () => T | Promise<T>, timeoutMs = 10_000): Promise<T & {}> {
  for (const deadline = Date.now() + timeoutMs; ; await sleep(POLL_MS)) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`Not so after ${timeoutMs / 1000} s: ${what}.`);
  }
}
