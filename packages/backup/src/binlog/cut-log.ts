import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { committedAt, EVENT, EventReader, MAGIC, noEvents, type EventHeader, type EventPart } from "./events.ts";
import type { FetchedLog } from "./fetch-log.ts";
import type { Segment } from "./names.ts";

/** A piece ends with the first event behind this size: a restore reads several at once, in memory. */
const SEGMENT_BYTES = 8 * 1024 * 1024;

const READ_BYTES = 1024 * 1024;

/** A piece, and where its bytes lie in the file that was fetched. */
export interface CutSegment extends Omit<Segment, "file"> {
  readonly at: number;
  readonly length: number;
}

export interface CutLog {
  readonly birth: number;
  /** The beginning of the file with its first event, which stands before each piece. */
  readonly head: Buffer;
  readonly segments: readonly CutSegment[];
}

export interface CutRequest {
  readonly log: FetchedLog;
  /** Where the archive stopped in this file. */
  readonly from: number;
  /** Of the newest file: the moment up to which the server had surely written everything, in ms. */
  readonly settled: number | undefined;
  readonly segmentBytes?: number;
}

/**
 * Cuts what was fetched into pieces that begin and end with events: so a piece's end is a place from which the server
 * can go on.
 * @throws {Failure} when it is no log, or ends in the middle of an event
 */
export async function cutLog(request: CutRequest): Promise<CutLog> {
  const reader = new EventReader();
  const cutter = new Cutter(request);
  let magic = Buffer.alloc(0);
  for await (const chunk of createReadStream(request.log.path, { highWaterMark: READ_BYTES })) {
    let bytes = chunk as Buffer;
    if (magic.length < MAGIC.length) {
      const missing = MAGIC.length - magic.length;
      magic = Buffer.concat([magic, bytes.subarray(0, missing)]);
      bytes = bytes.subarray(missing);
    }
    for (const part of reader.push(bytes)) cutter.add(part);
  }
  if (!magic.equals(MAGIC)) throw noEvents("it does not begin as one");
  reader.end();
  return cutter.result();
}

interface OpenPiece {
  readonly start: number;
  readonly at: number;
  readonly hash: Hash;
  length: number;
}

class Cutter {
  readonly #request: CutRequest;
  readonly #segments: CutSegment[] = [];
  #head: Buffer | undefined;
  #birth = 0;
  /** In the file that was fetched, and in the server's. */
  #at = 0;
  #offset = 0;
  #piece: OpenPiece | undefined;
  #reach = 0;
  #last = false;

  constructor(request: CutRequest) {
    this.#request = request;
  }

  add({ header, bytes }: EventPart): void {
    if (!this.#head) {
      this.#begin(header, bytes);
      return;
    }
    if (header) this.#event(header, bytes);
    this.#at += bytes.length;
    this.#offset += bytes.length;
    if (!this.#piece) return;
    this.#piece.hash.update(bytes);
    this.#piece.length += bytes.length;
  }

  result(): CutLog {
    if (!this.#head) throw noEvents("it has no events");
    const { settled } = this.#request;
    if (settled !== undefined && this.#piece) this.#reach = Math.max(this.#reach, settled);
    this.#close();
    return { birth: this.#birth, head: this.#head, segments: this.#segments };
  }

  #begin(header: EventHeader | undefined, bytes: Buffer): void {
    if (header?.type !== EVENT.format) throw noEvents("its first event does not say its format");
    this.#head = Buffer.concat([MAGIC, bytes]);
    this.#birth = header.seconds;
    this.#reach = header.seconds * 1000;
    this.#at = this.#head.length;
    this.#offset = this.#request.log.from || this.#head.length;
    if (this.#request.from === 0) this.#open(0);
  }

  #event(header: EventHeader, bytes: Buffer): void {
    const { from, segmentBytes = SEGMENT_BYTES } = this.#request;
    if (this.#piece && this.#piece.length >= segmentBytes) this.#close();
    if (!this.#piece && this.#offset >= from) this.#open(this.#offset);
    this.#reach = Math.max(this.#reach, committedAt(header, bytes) ?? 0);
    this.#last = header.type === EVENT.rotate || header.type === EVENT.stop;
  }

  #open(start: number): void {
    const hash = createHash("sha256").update(this.#head ?? "");
    this.#piece = { start, at: this.#at, hash, length: 0 };
  }

  #close(): void {
    if (!this.#piece) return;
    const { start, at, length, hash } = this.#piece;
    const sha256 = hash.digest("hex");
    this.#segments.push({ start, end: this.#offset, at, length, reach: this.#reach, sha256, last: this.#last });
    this.#piece = undefined;
  }
}
