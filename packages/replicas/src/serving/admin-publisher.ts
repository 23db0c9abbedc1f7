import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { giveUp } from "../database/turn.ts";
import type { Surroundings } from "../surroundings.ts";
import type { AdminFiles, AdminManifest } from "./admin-files.ts";
import type { AdminShelf } from "./admin-shelf.ts";

/** Some hundred small files: the wait for each answer is what takes time. */
const AT_ONCE = 8;

/** A replica that dies while it publishes is replaced after this time. */
const LEASE_MS = 10_000;

/** Between two looks whether the replica that publishes is done. */
const LOOK_MS = 500;

/** A bucket that is slow must not keep a replica from serving the site: only the admin may have to be loaded twice. */
const PATIENCE_MS = 30_000;

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;

/** Puts the files of this version's admin where replicas of other versions find them, once for each version. */
export class AdminPublisher {
  readonly #surroundings: Surroundings;
  readonly #files: AdminFiles;
  readonly #shelf: AdminShelf;

  constructor(surroundings: Surroundings, files: AdminFiles, shelf: AdminShelf) {
    this.#surroundings = surroundings;
    this.#files = files;
    this.#shelf = shelf;
  }

  /** Never fails. Ends when the files are there, or after half a minute; then the work goes on in the background. */
  async start(): Promise<void> {
    const { log } = this.#surroundings;
    const announced = Promise.withResolvers<boolean>();
    const done = this.#untilPublished(() => announced.resolve(true));
    const patience = new AbortController();
    const tooLong = sleep(PATIENCE_MS, false, { signal: patience.signal, ref: false }).catch(() => false);
    const inTime = await Promise.race([done.then(() => true), announced.promise, tooLong]);
    patience.abort();
    if (!inTime) log.warn("The files of the admin are not in the bucket yet; replicas of another version lack them");
  }

  /** @param announced called as soon as it is known that some replica has published this version once */
  async #untilPublished(announced: () => void): Promise<void> {
    const { log } = this.#surroundings;
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      try {
        await this.#publishOnce(announced);
        return;
      } catch (error) {
        log.error(`The files of the admin could not be published; trying again in ${wait / 1000} s`, error);
        await sleep(wait, undefined, { ref: false });
      }
    }
  }

  /** By this replica or by another one that is at it. */
  async #publishOnce(announced: () => void): Promise<void> {
    const { ghost, leases, log } = this.#surroundings;
    const failed = (error: unknown) => log.error("The lease for the admin's files could not be renewed", error);
    const version = `${ghost.version}:${(await this.#files.fingerprint()).slice(0, 12)}`;
    if (await this.#shelf.isAnnounced(version)) announced();
    // the bucket may be another one than at that time
    while (!(await this.#shelf.has(version))) {
      const lease = await leases.acquire(`admin:${version}`, LEASE_MS);
      if (!lease) {
        await sleep(LOOK_MS, undefined, { ref: false });
        continue;
      }
      lease.keep(failed);
      try {
        await this.#publish(version);
      } finally {
        await giveUp(lease, failed);
      }
    }
  }

  async #publish(version: string): Promise<void> {
    const began = performance.now();
    const manifest = await this.#files.manifest();
    await this.#shelf.look();
    const there = this.#shelf.digests();
    const missing = Object.entries(manifest).filter(([, digest]) => !there.has(digest));
    const bytes = await this.#putAll(missing);
    await this.#shelf.announce(version, manifest as AdminManifest);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    this.#surroundings.log.info(
      `Published ${missing.length} of the ${Object.keys(manifest).length} files of the admin, ${bytes} bytes, in ${seconds} s`,
    );
  }

  async #putAll(missing: readonly (readonly [string, string])[]): Promise<number> {
    const rest = missing.values();
    let bytes = 0;
    const worker = async (): Promise<void> => {
      for (const [name] of rest) {
        const content = await this.#files.read(name);
        await this.#shelf.put(content);
        bytes += content.length;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return bytes;
  }
}
