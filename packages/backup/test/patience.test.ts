import { describe, expect, it } from "vitest";
import { EXIT, Failure, type ExitCode } from "../src/failure.ts";
import { jsonLog } from "../src/log.ts";
import { Patience } from "../src/patience.ts";

const failure = (message: string, exitCode: ExitCode): Failure =>
  new Failure(message, { effect: "Nothing was changed.", next: "Wait.", exitCode });

function setUp(seconds: number, signal = new AbortController().signal) {
  const said: string[] = [];
  return {
    said,
    patience: new Patience(
      seconds,
      jsonLog((line) => said.push(line)),
      signal,
    ),
  };
}

describe("patience", () => {
  it("asks again what may pass, and says once why", async () => {
    const { said, patience } = setUp(10);
    const answers = [failure("not there yet", EXIT.unavailable), failure("not there yet", EXIT.unavailable)];
    await patience.until(async () => {
      const wrong = answers.pop();
      if (wrong) throw wrong;
    });
    expect(answers).toEqual([]);
    expect(said).toHaveLength(1);
    expect(JSON.parse(said[0] ?? "")).toMatchObject({ message: "it waits", reason: "not there yet" });
  });

  it("asks once when there is no time, and never twice what no time mends", async () => {
    for (const [seconds, wrong] of [
      [0, failure("in use", EXIT.temporary)],
      [60, failure("a wrong password", EXIT.forbidden)],
      [60, new Error("a mistake in the program")],
    ] as const) {
      let asked = 0;
      const { patience } = setUp(seconds);
      const until = patience.until(async () => {
        asked += 1;
        throw wrong;
      });
      await expect(until).rejects.toBe(wrong);
      expect(asked).toBe(1);
    }
  });

  it("ends at once when it is asked to stop", async () => {
    const stop = new AbortController();
    const until = setUp(60, stop.signal).patience.until(async () => {
      throw failure("not there yet", EXIT.unavailable);
    });
    stop.abort();
    await expect(until).rejects.toMatchObject({ exitCode: EXIT.interrupted });
  });
});
