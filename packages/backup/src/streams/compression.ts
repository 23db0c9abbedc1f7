import { constants, createZstdCompress, createZstdDecompress } from "node:zlib";
import type { Transform } from "node:stream";

/** Work is handed to another thread by the piece: larger ones cost fewer turns. */
const CHUNK_BYTES = 128 * 1024;

/** With a checksum of the content at the end, so that damage is found even without this program. */
export function compression(level: number): Transform {
  return createZstdCompress({
    chunkSize: CHUNK_BYTES,
    params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 },
  });
}

export function decompression(): Transform {
  return createZstdDecompress({ chunkSize: CHUNK_BYTES });
}
