import { NO_BACKUP } from "../failure.ts";
import type { Log } from "../log.ts";
import type { Store, StoredObject } from "../store/store.ts";
import { likeness } from "./comparison.ts";
import type { Line } from "./list.ts";
import { matched, orderedListing } from "./listing.ts";
import { bareEtag, folderPrefix, storedName, storedPrefix } from "./names.ts";
import { Parallel } from "./parallel.ts";
import type { Tally } from "./tally.ts";
import { copyVersion, type Version } from "./version-copy.ts";

export interface MirrorRequest {
  /** The bucket with the content. */
  readonly content: Store;
  readonly prefix: string;
  /** The bucket of the backups. */
  readonly store: Store;
  readonly tally: Tally;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Brings what is new in a bucket into the mirror, and tells what is there: one line for each object, in order. */
export class Mirror {
  readonly #request: MirrorRequest;
  readonly #work: Parallel<Pair, Line | "gone">;

  constructor(request: MirrorRequest) {
    this.#request = request;
    this.#work = new Parallel((pair) => this.#take(pair), request.signal);
  }

  /** @throws {Failure} for the first object that could not be copied */
  async *lines(): AsyncGenerator<Line> {
    const { content, prefix, store, tally } = this.#request;
    const objects = orderedListing(content, folderPrefix(prefix), NO_BACKUP);
    const copies = orderedListing(store, storedPrefix(content.bucket, prefix), NO_BACKUP);
    const pairs = matched(
      objects,
      ({ key, etag }) => {
        const name = storedName(content.bucket, key, etag);
        return name.ordered ? name.key : undefined;
      },
      copies,
      ({ key }) => key,
    );
    for await (const line of this.#work.results(pairs)) {
      if (line === "gone") continue;
      tally.add(line.size);
      yield line;
    }
  }

  /** Waits for copies that were given up, so that they leave no parts behind. */
  settled(): Promise<void> {
    return this.#work.settled();
  }

  async #take([object, listed]: Pair): Promise<Line | "gone"> {
    const { content, store } = this.#request;
    const name = storedName(content.bucket, object.key, object.etag);
    const stored = name.ordered ? listed : await store.attempt("HeadObject", NO_BACKUP, () => store.head(name.key));
    return stored && (await this.#holds(object, stored)) ? lineOf(object, stored) : this.#copy(object);
  }

  /** One that was written again since it was copied may have other metadata: its ETag does not tell. */
  async #holds(object: StoredObject, stored: StoredObject): Promise<boolean> {
    const { content, store } = this.#request;
    if (!object.modified || !stored.modified || object.modified >= stored.modified) return false;
    const like = await store.attempt("HeadObject", NO_BACKUP, () =>
      likeness({ store: content, object }, { store, object: stored }),
    );
    // unknown: its bytes were read and compared when it was copied
    return like !== "different";
  }

  async #copy(object: StoredObject): Promise<Line | "gone"> {
    const { content, store, tally, log, signal } = this.#request;
    const copied = await copyVersion({
      from: content,
      version: object,
      to: store,
      name: ({ key, etag }: Version) => storedName(content.bucket, key, etag).key,
      effect: NO_BACKUP,
      log,
      signal,
    });
    if (!copied) return "gone";
    tally.copied += 1;
    return lineOf(copied.version, copied);
  }
}

type Pair = [object: StoredObject, listed: StoredObject | undefined];

const lineOf = (
  { key, size, etag }: Version,
  stored: { readonly key: string; readonly etag: string | undefined },
): Line => ({ key, size, etag: bareEtag(etag), stored: { key: stored.key, etag: bareEtag(stored.etag) } });
