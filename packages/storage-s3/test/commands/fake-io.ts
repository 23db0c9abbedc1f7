import type { Io } from "../../src/commands/io.ts";

export interface Recorded extends Io {
  readonly out: () => string;
  readonly err: () => string;
}

/** An outside world that remembers what was written to it. */
export function fakeIo(changes: Partial<Pick<Io, "cwd" | "env" | "ask" | "signal">> = {}): Recorded {
  const written = { out: "", err: "" };
  const output = (stream: "out" | "err") => ({
    isTTY: false,
    columns: 80,
    write: (text: string) => {
      written[stream] += text;
    },
  });
  return {
    cwd: "/nowhere",
    env: {},
    ask: undefined,
    signal: new AbortController().signal,
    ...changes,
    stdout: output("out"),
    stderr: output("err"),
    out: () => written.out,
    err: () => written.err,
  };
}
