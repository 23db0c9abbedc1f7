import { hash } from "node:crypto";

/** Folder of the mirror in the backups' bucket: outside the dumps' folder, whose lifecycle ends everything after a year. */
export const CONTENT_FOLDER = "content";

/** No bucket's name begins with a dot. */
const LONG_FOLDER = ".long";

/** Between key and version. It sorts below all that an escaped key can hold: names are in the order of the keys. */
const SEPARATOR = "!";

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const MAX_NAME_BYTES = 1024;

/** Stores that keep objects as files can have no longer part between two slashes. */
const MAX_SEGMENT_BYTES = 255;

/** An ETag as it stands in names and lists, without its quotes. */
export const bareEtag = (etag: string | undefined): string => (etag ?? "").replace(/^W\//, "").replaceAll('"', "");

/** All characters up to the percent sign, percent-encoded: what is left sorts as before, and any URL decoder reads it. */
function escape(key: string): string {
  // oxlint-disable-next-line no-control-regex
  return key.replace(/[\u0000-%]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).toUpperCase();
    return `%${code.padStart(2, "0")}`;
  });
}

export interface StoredName {
  readonly key: string;
  /** Whether it is in the order of the keys, so that a listing finds it. */
  readonly ordered: boolean;
}

/**
 * Where a version of an object lies in the mirror. Keys are overwritten (routes.yaml, a theme), so the name holds the
 * ETag: what an older manifest lists is never written over by other bytes.
 */
export function storedName(bucket: string, key: string, etag: string | undefined): StoredName {
  const version = SEPARATOR + encodeURIComponent(bareEtag(etag));
  const name = `${CONTENT_FOLDER}/${bucket}/${escape(key)}${version}`;
  const longest = Math.max(...name.split("/").map((segment) => Buffer.byteLength(segment)));
  if (Buffer.byteLength(name) <= MAX_NAME_BYTES && longest <= MAX_SEGMENT_BYTES) return { key: name, ordered: true };
  return { key: `${CONTENT_FOLDER}/${LONG_FOLDER}/${bucket}/${hash("sha256", key, "hex")}${version}`, ordered: false };
}

/** What the keys of a folder begin with; of all keys when it is empty. */
export const folderPrefix = (prefix: string): string => (prefix ? `${prefix}/` : "");

/** What the names of a folder's objects begin with. */
export const storedPrefix = (bucket: string, prefix: string): string =>
  `${CONTENT_FOLDER}/${bucket}/${escape(folderPrefix(prefix))}`;
