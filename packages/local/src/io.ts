import { styleText } from "node:util";

/** What a command sees of the outside world. */
export interface Io {
  stdout: NodeJS.WritableStream & { isTTY?: boolean };
  stderr: NodeJS.WritableStream & { isTTY?: boolean };
  /** Aborted when the person wants the command to end. */
  signal: AbortSignal;
}

type Style = "bold" | "dim" | "red" | "green";

/** Coloured on a terminal that wants it, plain anywhere else. */
export function styled(style: Style, text: string, stream: Io["stdout"]): string {
  // validateStream also obeys NO_COLOR and FORCE_COLOR
  return styleText(style, text, { stream: stream as NodeJS.WriteStream, validateStream: true });
}
