import { listed } from "../dump/comparison.ts";
import { EXIT, Failure, interrupted, reasonOf } from "../failure.ts";
import type { Log } from "../log.ts";
import type { Manifest, ManifestContent } from "../manifest/schema.ts";
import type { Store, StoredObject } from "../store/store.ts";
import { readList, type Line } from "./list.ts";
import { matched, orderedListing } from "./listing.ts";
import { bareEtag, folderPrefix, storedName } from "./names.ts";
import { Parallel } from "./parallel.ts";
import { Tally } from "./tally.ts";
import { copyVersion, type Version } from "./version-copy.ts";

/** More than a person reads, and no more than memory holds. */
const MAX_LOST = 1000;

const UNCHANGED = "Nothing was changed.";

export interface ContentRestoration {
  readonly manifest: Manifest;
  /** Where the content of a bucket goes when it is not that bucket itself. */
  readonly into: ReadonlyMap<string, string>;
  /** Whether objects that differ may be replaced. */
  readonly replace: boolean;
  readonly store: Store;
  readonly identities: readonly string[];
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** What became of the objects of one bucket. */
export interface ContentRestored {
  readonly bucket: string;
  readonly into: string;
  /** Were missing, and are there again. */
  readonly copied: number;
  /** Were there, the same. */
  readonly kept: number;
  /** Were there and differed; what they were is in the mirror. */
  readonly replaced: number;
  /** Are there and differ, and were left as they are. */
  readonly different: number;
}

/** All that can be known before anything is changed: the lists are whole, and the buckets are there. @throws {Failure} */
export async function examineContent(request: ContentRestoration): Promise<void> {
  const { manifest, into, store } = request;
  const known = manifest.content.map(({ bucket }) => bucket);
  const unknown = [...into.keys()].find((bucket) => !known.includes(bucket));
  if (known.length === 0 || unknown !== undefined) throw noContent(manifest, unknown);
  for (const content of manifest.content) {
    for await (const line of linesOf(request, content)) void line;
    const target = store.inBucket(into.get(content.bucket) ?? content.bucket);
    for await (const object of orderedListing(target, folderPrefix(content.prefix), UNCHANGED)) {
      void object;
      break;
    }
  }
}

/**
 * Gets the content of a backup back: what is missing is copied from the mirror, what differs only when it may be
 * replaced, and nothing is deleted.
 * @throws {Failure} that says how many objects are not back; all others are
 */
export async function restoreContent(request: ContentRestoration): Promise<ContentRestored[]> {
  const all: ContentRestored[] = [];
  for (const content of request.manifest.content) all.push(await new Restoration(request, content).run());
  return all;
}

const linesOf = (
  { manifest, store, identities, signal }: ContentRestoration,
  { list }: ManifestContent,
): AsyncGenerator<Line> =>
  readList(store, { ...list, encrypted: manifest.object.encryption !== null }, identities, signal);

type Pair = [line: Line, there: StoredObject | undefined];
type Done = [fate: Fate, size: number];
type Fate = "copied" | "kept" | "replaced" | "different" | "lost";

class Restoration {
  readonly #request: ContentRestoration;
  readonly #content: ManifestContent;
  readonly #target: Store;
  readonly #fates: Record<Fate, number> = { copied: 0, kept: 0, replaced: 0, different: 0, lost: 0 };
  readonly #lost: string[] = [];
  readonly #work: Parallel<Pair, Done>;

  constructor(request: ContentRestoration, content: ManifestContent) {
    this.#request = request;
    this.#content = content;
    this.#target = request.store.inBucket(request.into.get(content.bucket) ?? content.bucket);
    this.#work = new Parallel((pair) => this.#take(pair), request.signal);
  }

  async run(): Promise<ContentRestored> {
    const { log, signal } = this.#request;
    const { bucket, objects } = this.#content;
    const into = this.#target.bucket;
    const tally = new Tally(log, "content is being restored", { into, of: objects });
    try {
      await this.#restoreAll(tally);
    } catch (error) {
      if (signal.aborted) throw interrupted();
      throw error;
    } finally {
      tally.end();
      await this.#work.settled();
    }
    const { lost, ...done } = this.#fates;
    if (lost > 0) throw incomplete(into, lost, objects, this.#lost);
    log.info("content restored", { bucket, into, ...done });
    if (done.different > 0) log.warn("objects that differ were left as they are", { into, objects: done.different });
    return { bucket, into, ...done };
  }

  async #restoreAll(tally: Tally): Promise<void> {
    const lines = linesOf(this.#request, this.#content);
    const there = orderedListing(this.#target, folderPrefix(this.#content.prefix), UNCHANGED);
    const pairs = matched(
      lines,
      ({ key }) => key,
      there,
      ({ key }) => key,
    );
    for await (const [fate, size] of this.#work.results(pairs)) {
      this.#fates[fate] += 1;
      if (fate === "copied" || fate === "replaced") tally.copied += 1;
      tally.add(size);
    }
  }

  async #take([line, there]: Pair): Promise<Done> {
    const { size } = line;
    if (there && isSame(line, there)) return ["kept", size];
    if (there && !this.#request.replace) return ["different", size];
    try {
      if (there) await this.#keepBefore(there);
      if (await this.#bringBack(line)) return [there ? "replaced" : "copied", size];
      this.#miss(line, "it is not in the mirror");
    } catch (error) {
      // one object that is damaged must not cost all others
      if (this.#request.signal.aborted || !isOfOneObject(error)) throw error;
      this.#miss(line, reasonOf(error));
    }
    return ["lost", size];
  }

  /** The very version that the backup lists: what lies there by now under the same name may be another one. */
  async #bringBack({ key, size, stored }: Line): Promise<boolean> {
    const { store, log, signal } = this.#request;
    const version = { key: stored.key, size, etag: `"${stored.etag}"` };
    const copied = await copyVersion({
      from: store,
      version,
      to: this.#target,
      name: () => key,
      exact: true,
      effect: "Objects that were copied before stay; nothing was deleted.",
      log,
      signal,
    });
    return copied !== undefined;
  }

  /** What is replaced is kept in the mirror, where a run would have put it. */
  async #keepBefore(there: StoredObject): Promise<void> {
    const { store, log, signal } = this.#request;
    const name = ({ key, etag }: Version): string => storedName(this.#target.bucket, key, etag).key;
    const effect = "The object was not replaced, as it could not be kept.";
    const kept = await store.attempt("HeadObject", effect, () => store.head(name(there)));
    if (kept?.size === there.size) return;
    await copyVersion({ from: this.#target, version: there, to: store, name, effect, log, signal });
  }

  #miss({ key }: Line, why: string): void {
    if (this.#lost.length < MAX_LOST) this.#lost.push(`${JSON.stringify(key)}: ${why}`);
  }
}

/** As it was when it was mirrored, or as an earlier restore made it. */
const isSame = ({ size, etag, stored }: Line, there: StoredObject): boolean =>
  there.size === size && [etag, stored.etag].includes(bareEtag(there.etag));

const isOfOneObject = (error: unknown): boolean => error instanceof Failure && error.exitCode === EXIT.mismatch;

function incomplete(into: string, lost: number, objects: number, named: readonly string[]): Failure {
  return new Failure(`${lost} of ${objects} objects are not back in "${into}":\n${listed(named)}`, {
    effect: "All others are. Nothing was deleted.",
    next: "Bring these back from another backup with --content-only, or from older versions of the bucket.",
    exitCode: EXIT.mismatch,
  });
}

function noContent({ name, content }: Manifest, unknown: string | undefined): Failure {
  const has = content.length === 0 ? "no content" : `no content of a bucket "${unknown}"`;
  return new Failure(`The backup "${name}" has ${has}.`, {
    effect: UNCHANGED,
    next:
      content.length === 0
        ? "Restore without --content; `content` in the configuration makes the next backup hold it."
        : `It has that of ${content.map(({ bucket }) => bucket).join(", ")}.`,
    exitCode: EXIT.usage,
  });
}
