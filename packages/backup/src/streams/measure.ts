import { createHash } from "node:crypto";

/** Size and SHA-256 of what passes. */
export class Measure {
  readonly #hash = createHash("sha256");
  #bytes = 0;

  add(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Once, at the end. */
  sha256(): string {
    return this.#hash.digest("hex");
  }
}

/** The same bytes, each of them noted. */
export async function* noted(
  source: AsyncIterable<Uint8Array>,
  ...notes: ((chunk: Buffer) => void)[]
): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (const note of notes) note(bytes);
    yield bytes;
  }
}
