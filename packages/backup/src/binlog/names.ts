/**
 * Where a piece of the binary log lies:
 * `PREFIX-binlog/SERVER/UUID/CHAIN/FILE-BIRTH-BEFORE/START-END-REACH-SHA256.zst`, so that one listing tells all, in the
 * order of the log. It is no folder of PREFIX: `backup list` need not look through it, and the lifecycle can end it earlier than
 * the backups.
 */
const SEGMENT =
  /^([^/]+)\/([0-9a-fA-F-]{36})\/(\d{8}T\d{9}Z)\/([^/]+)-(\d{10})-(\d{12})\/(\d{12})-(\d{12})-(\d{8}T\d{9}Z)-([0-9a-f]{64})(-last)?\.zst(\.age)?$/;

/** Digits of an offset: up to a terabyte a file. */
const OFFSET_DIGITS = 12;

/** A file of the log. Its name alone is not enough: `RESET BINARY LOGS AND GTIDS` begins the numbers anew. */
export interface LogFile {
  readonly name: string;
  /** When it was begun, in seconds since 1970 by the server's clock. */
  readonly birth: number;
  /** Bytes of the file before it in the chain; 0 for the first one. A piece that is missing at a file's end is seen. */
  readonly before: number;
}

/**
 * A piece of a file, from one event's beginning to another one's end. It is stored with the file's first event before
 * it: so each can be read alone, also when the beginning of a file that grows for weeks has expired.
 */
export interface Segment {
  readonly file: LogFile;
  readonly start: number;
  /** Of the first byte that is not in it any more. */
  readonly end: number;
  /** What was committed by then is in it or in one before it; ms since 1970 by the server's clock. */
  readonly reach: number;
  /** Of what is stored, before it was compressed. */
  readonly sha256: string;
  /** Whether the server said at its end that it goes on in another file. */
  readonly last: boolean;
}

export interface StoredSegment extends Segment {
  /** Of an unbroken piece of the log: named by the time when it was begun. */
  readonly chain: string;
  readonly encrypted: boolean;
  readonly key: string;
  /** In the bucket. */
  readonly size: number;
}

export interface Archive {
  /** As it is named in the configuration. */
  readonly server: string;
  /** What it calls itself; a server that was made anew has another one. */
  readonly uuid: string;
}

/** The folder of all archives; a prefix of its own for the lifecycle. No server's name begins with a full stop. */
export const binlogPrefix = (prefix: string): string => (prefix ? `${prefix}-binlog` : ".binlog");

export const serverFolder = (prefix: string, server: string): string => `${binlogPrefix(prefix)}/${server}/`;

export const archiveFolder = (prefix: string, { server, uuid }: Archive): string =>
  `${serverFolder(prefix, server)}${uuid}/`;

export const chainName = (time: Date): string => stamp(time.getTime());

export function segmentKey(
  prefix: string,
  archive: Archive,
  chain: string,
  segment: Segment,
  encrypted: boolean,
): string {
  const { file, start, end, reach, sha256, last } = segment;
  const folder = `${archiveFolder(prefix, archive)}${chain}/${file.name}-${String(file.birth).padStart(10, "0")}-${padded(file.before)}`;
  const name = [padded(start), padded(end), stamp(reach), sha256, ...(last ? ["last"] : [])].join("-");
  return `${folder}/${name}.zst${encrypted ? ".age" : ""}`;
}

/** @returns undefined for what is no piece of a log */
export function parseSegment(prefix: string, key: string, size: number): StoredSegment | undefined {
  const root = `${binlogPrefix(prefix)}/`;
  const parts = key.startsWith(root) ? SEGMENT.exec(key.slice(root.length)) : null;
  if (!parts) return undefined;
  const [, , , chain, name, birth, before, start, end, reach, sha256, last, age] = parts as unknown as string[];
  return {
    chain: chain as string,
    file: { name: name as string, birth: Number(birth), before: Number(before) },
    start: Number(start),
    end: Number(end),
    reach: timeOf(reach as string),
    sha256: sha256 as string,
    last: last !== undefined,
    encrypted: age !== undefined,
    key,
    size,
  };
}

/** The name of the file that the server begins after this one. */
export const nextName = (name: string): string =>
  name.replace(/\d+$/, (digits) => String(Number(digits) + 1).padStart(digits.length, "0"));

const padded = (offset: number): string => String(offset).padStart(OFFSET_DIGITS, "0");

/** Rounded down: a moment that is not reached must not be claimed. */
const stamp = (ms: number): string => new Date(Math.floor(ms)).toISOString().replaceAll(/[-:.]/g, "");

const timeOf = (text: string): number =>
  Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/, "$1-$2-$3T$4:$5:$6.$7Z"));
