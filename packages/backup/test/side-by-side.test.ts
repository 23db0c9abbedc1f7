import { describe, expect, it } from "vitest";
import { sideBySide } from "../src/side-by-side.ts";

/** Ends when it is asked to stop. */
const untilStopped = (ended: string[]) => (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => {
      setTimeout(() => {
        ended.push("stopped");
        reject(new Error("it was stopped"));
      }, 10);
    });
  });

const failing = async (): Promise<never> => {
  throw new Error("the reason");
};

describe("work side by side", () => {
  it("gives both results", async () => {
    const { signal } = new AbortController();
    const results = await sideBySide(
      signal,
      async () => 1,
      async () => "two",
    );
    expect(results).toEqual([1, "two"]);
  });

  it("stops the other when one fails, waits for it, and tells why", async () => {
    const { signal } = new AbortController();
    const ended: string[] = [];
    await expect(sideBySide(signal, failing, untilStopped(ended))).rejects.toThrow("the reason");
    await expect(sideBySide(signal, untilStopped(ended), failing)).rejects.toThrow("the reason");
    expect(ended).toEqual(["stopped", "stopped"]);
  });

  it("is stopped from outside", async () => {
    const stop = new AbortController();
    const ended: string[] = [];
    const both = sideBySide(stop.signal, untilStopped(ended), untilStopped(ended));
    stop.abort();
    await expect(both).rejects.toThrow("it was stopped");
    expect(ended).toHaveLength(2);
  });
});
