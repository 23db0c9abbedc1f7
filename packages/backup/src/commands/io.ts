/** Where a command writes. */
export interface Output {
  readonly isTTY: boolean;
  readonly columns: number;
  write(text: string): void;
}

/** All that a command knows of the world beside MySQL, the bucket and the files that it is told of. */
export interface Io {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Ends when somebody wants it to stop. */
  readonly signal: AbortSignal;
}

export function processIo(signal: AbortSignal): Io {
  return {
    cwd: process.cwd(),
    env: process.env,
    stdout: outputTo(process.stdout),
    stderr: outputTo(process.stderr),
    signal,
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
