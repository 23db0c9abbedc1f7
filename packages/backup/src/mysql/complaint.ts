import type { Readable } from "node:stream";

/** Enough of what a program of MySQL complains about. */
const MAX_COMPLAINT_BYTES = 8192;

/** @returns asked at the end: what was said on a stream, as far as anybody would read it */
export function gather(stream: Readable): () => string {
  let text = "";
  stream.setEncoding("utf8").on("data", (more: string) => {
    if (text.length < MAX_COMPLAINT_BYTES) text += more;
  });
  return () => text;
}
