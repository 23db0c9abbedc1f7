export interface AdapterLog {
  readonly lines: readonly string[];
  release(): void;
}

/** Keeps what the adapter logs in this process, which would bury the report of the tests. */
export function keepAdapterLog(): AdapterLog {
  const lines: string[] = [];
  const { stderr } = process;
  const write = stderr.write.bind(stderr);
  const keep = ((text: string | Uint8Array, ...rest: never[]) => {
    if (!String(text).includes("[storage-s3]")) return write(text, ...rest);
    lines.push(String(text));
    return true;
  }) as typeof stderr.write;
  stderr.write = keep;
  return {
    lines,
    release() {
      stderr.write = write;
    },
  };
}
