import type { Log } from "../log.ts";
import { contentListKey } from "../manifest/names.ts";
import type { ManifestContent } from "../manifest/schema.ts";
import type { Options } from "../configuration/schema.ts";
import type { Store } from "../store/store.ts";
import type { KeyPair } from "../streams/encryption.ts";
import { writeList } from "./list.ts";
import { Mirror } from "./mirror.ts";
import { Tally } from "./tally.ts";
import { verifyContent } from "./verification.ts";

export interface WrittenObject {
  readonly key: string;
  readonly version: string | undefined;
}

/** Where content lies: a bucket, or a folder in it. */
export interface ContentPlace {
  readonly bucket: string;
  readonly prefix: string;
}

export interface ContentBackup {
  readonly places: readonly ContentPlace[];
  /** Name of the backup that it belongs to. */
  readonly name: string;
  readonly options: Options;
  readonly store: Store;
  /** Undefined: lists are not encrypted. */
  readonly oneRun: KeyPair | undefined;
  /** Told of each list, so that a backup that fails can remove it. */
  readonly onWritten: (object: WrittenObject) => void;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * Brings the blog's own objects into the mirror, and lists them beside the dump. Begun after the dump: whatever a row
 * names was uploaded before.
 */
export async function backUpContent(request: ContentBackup): Promise<ManifestContent[]> {
  const contents: ManifestContent[] = [];
  for (const [index, place] of request.places.entries()) contents.push(await backUpPlace(request, place, index));
  return contents;
}

async function backUpPlace(
  request: ContentBackup,
  { bucket, prefix }: ContentPlace,
  index: number,
): Promise<ManifestContent> {
  const { name, options, store, oneRun, log } = request;
  const { partBytes, compressionLevel } = options;
  const stop = new AbortController();
  const signal = AbortSignal.any([request.signal, stop.signal]);
  const tally = new Tally(log, "content is being mirrored", { bucket });
  const mirror = new Mirror({ content: store.inBucket(bucket), prefix, store, tally, log, signal });
  const key = contentListKey(options.prefix, name, index, oneRun !== undefined);
  const recipients = oneRun ? [...options.recipients, oneRun.recipient] : [];
  const sealing = { store, key, partBytes, compressionLevel, recipients, log, signal: request.signal };
  try {
    const { size, sha256, version } = await writeList(mirror.lines(), sealing, () => stop.abort());
    request.onWritten({ key, version });
    const { objects, bytes, copied } = tally;
    const content = { bucket, prefix, objects, bytes, list: { key, size, sha256 } };
    const identities = oneRun ? [oneRun.identity] : [];
    // read back, as the dump is
    await verifyContent({ store, content, encrypted: oneRun !== undefined, identities, signal: request.signal });
    log.info("content mirrored and verified", { backup: name, bucket, objects, bytes, copied });
    return content;
  } finally {
    tally.end();
    await mirror.settled();
  }
}
