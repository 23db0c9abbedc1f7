import { createInterface } from "node:readline/promises";

/** Where a command writes. */
export interface Output {
  readonly isTTY: boolean;
  readonly columns: number;
  write(text: string): void;
}

/** All that a command knows of the world beside the object store and the files that it is told of. */
export interface Io {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Ends when the user wants to stop; what is under way is brought to an end first. */
  readonly signal: AbortSignal;
  /** Asks the user; undefined when nobody is there to answer. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
}

/** The terminal, or whatever stands in its place. */
export function processIo(signal: AbortSignal): Io {
  return {
    cwd: process.cwd(),
    env: process.env,
    stdout: outputTo(process.stdout),
    stderr: outputTo(process.stderr),
    signal,
    ask: process.stdin.isTTY && process.stderr.isTTY ? (question) => askTerminal(question, signal) : undefined,
  };
}

const outputTo = (stream: NodeJS.WriteStream): Output => ({
  isTTY: Boolean(stream.isTTY),
  get columns() {
    return stream.columns ?? 80;
  },
  write: (text) => {
    stream.write(text);
  },
});

async function askTerminal(question: string, signal: AbortSignal): Promise<string> {
  // On stderr, so that the command's own output can be piped.
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question, { signal });
  } finally {
    terminal.close();
  }
}
