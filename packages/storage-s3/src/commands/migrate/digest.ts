import { createHash } from "node:crypto";
import { partSize } from "../../upload/multipart.ts";
import type { ResolvedOptions } from "../../options/options.ts";
import type { Source } from "../../upload/source.ts";

const CHUNK_BYTES = 1024 * 1024;

/** What identifies bytes. */
export interface Digest {
  readonly size: number;
  readonly sha256: string;
  /** ETag that a store gives to these bytes when it does not encrypt with keys of its own. */
  readonly etag: string;
}

type PartOptions = Pick<ResolvedOptions, "multipartUploadThresholdBytes" | "multipartChunkSizeBytes">;

/**
 * Reads a source once, piece by piece.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html on the ETag of uploads in parts
 */
export async function digest(source: Source, options: PartOptions): Promise<Digest> {
  const { size } = source;
  const inParts = size >= options.multipartUploadThresholdBytes;
  const partBytes = inParts ? partSize(size, options.multipartChunkSizeBytes) : size;
  const sha256 = createHash("sha256");
  const ofParts = createHash("md5");
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size));
  let parts = 0;
  for (let start = 0; start < size || parts === 0; start += partBytes) {
    const part = createHash("md5");
    const end = Math.min(start + partBytes, size);
    for (let offset = start; offset < end; offset += CHUNK_BYTES) {
      const piece = chunk.subarray(0, Math.min(CHUNK_BYTES, end - offset));
      await source.read(piece, offset);
      sha256.update(piece);
      part.update(piece);
    }
    parts += 1;
    const md5 = part.digest();
    if (!inParts) return { size, sha256: sha256.digest("hex"), etag: md5.toString("hex") };
    ofParts.update(md5);
  }
  return { size, sha256: sha256.digest("hex"), etag: `${ofParts.digest("hex")}-${parts}` };
}

/** An ETag without its quotes. */
export const bareTag = (etag: string | undefined): string | undefined => etag?.replace(/^(?:W\/)?"|"$/g, "");
