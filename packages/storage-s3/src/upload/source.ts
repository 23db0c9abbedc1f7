import { open, type FileHandle } from "node:fs/promises";

/** Bytes to be stored: read by offset, so that memory stays bounded and a failed part can be sent again. */
export interface Source {
  readonly size: number;
  /**
   * Fills the whole of `target` with the bytes that begin at `offset`.
   * @throws {SourceChangedError} when the bytes are no longer there
   */
  read(target: Uint8Array, offset: number): Promise<void>;
}

/** A source whose file must be closed. */
export interface OpenSource extends Source {
  close(): Promise<void>;
}

/** The file was truncated while it was being stored. */
export class SourceChangedError extends Error {
  override name = "SourceChangedError";
}

/**
 * Opens a file for the whole upload. Ghost deletes the temporary file as soon as the browser goes away;
 * an open descriptor keeps its bytes readable until the upload has ended.
 */
export async function openFile(path: string): Promise<OpenSource> {
  const file: FileHandle = await open(path, "r");
  try {
    const { size } = await file.stat();
    return {
      size,
      read: (target, offset) => readFully(file, target, offset),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readFully(file: FileHandle, target: Uint8Array, offset: number): Promise<void> {
  let filled = 0;
  while (filled < target.byteLength) {
    const { bytesRead } = await file.read(target, filled, target.byteLength - filled, offset + filled);
    if (bytesRead === 0) {
      throw new SourceChangedError(
        `The file ended ${target.byteLength - filled} bytes early: it was changed while it was being stored.`,
      );
    }
    filled += bytesRead;
  }
}

/** Bytes that are in memory already. */
export function fromBytes(bytes: Uint8Array): Source {
  return {
    size: bytes.byteLength,
    async read(target, offset) {
      target.set(bytes.subarray(offset, offset + target.byteLength));
    },
  };
}

/** A piece of a {@link splice}d source: bytes of the original, or new ones in their place. */
export type Slice = { readonly from: number; readonly length: number } | { readonly bytes: Uint8Array };

/** The source that consists of the given slices of another, in their order; nothing is copied. */
export function splice(source: Source, slices: readonly Slice[]): Source {
  const pieces: { readonly start: number; readonly length: number; readonly slice: Slice }[] = [];
  let size = 0;
  for (const slice of slices) {
    const length = "bytes" in slice ? slice.bytes.byteLength : slice.length;
    pieces.push({ start: size, length, slice });
    size += length;
  }
  return {
    size,
    async read(target, offset) {
      const end = offset + target.byteLength;
      for (const { start, length, slice } of pieces) {
        const from = Math.max(start, offset);
        const to = Math.min(start + length, end);
        if (from >= to) continue;
        const part = target.subarray(from - offset, to - offset);
        if ("bytes" in slice) part.set(slice.bytes.subarray(from - start, to - start));
        else await source.read(part, slice.from + from - start);
      }
    },
  };
}

/** All bytes of a small source. */
export async function readAll(source: Source): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(source.size);
  await source.read(bytes, 0);
  return bytes;
}
