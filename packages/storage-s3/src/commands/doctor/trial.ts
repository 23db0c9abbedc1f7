import { randomBytes } from "node:crypto";
import type { S3Client } from "@aws-sdk/client-s3";
import { clientsFor } from "../../store/client.ts";
import { Keys } from "../../paths/keys.ts";
import { objectHeaders } from "../../preparation/object-headers.ts";
import type { ResolvedOptions } from "../../options/options.ts";
import { Store, type ObjectHeaders } from "../../store/store.ts";

/** What the steps of one examination work with. Everything they leave in the bucket is noted, and removed in the end. */
export class Trial {
  readonly options: ResolvedOptions;
  readonly store: Store;
  readonly keys: Keys;
  /** Folder of this examination alone. */
  readonly folder: string;
  readonly name = `doctor-${randomBytes(6).toString("hex")}`;
  readonly headers: ObjectHeaders;
  readonly #objects = new Set<string>();
  readonly #uploads = new Map<string, string>();
  /** Seconds by which the clock of the store is ahead of ours. */
  clockSkew: number | undefined;

  constructor(options: ResolvedOptions) {
    const clients = clientsFor(options);
    this.options = options;
    this.store = new Store(clients, options);
    this.keys = new Keys({ ...options, privateOriginals: true });
    this.folder = [options.tenantPrefix, ".storage-s3", this.name].filter(Boolean).join("/");
    // As uploads are stored: with tags, encryption and whatever else may be refused.
    this.headers = objectHeaders(options, { contentType: "text/plain", contentDisposition: undefined }, "x");
    watchClock(clients.writing, (seconds) => {
      this.clockSkew = seconds;
    });
  }

  key(name: string): string {
    return `${this.folder}/${name}`;
  }

  /** Notes an object before it is written: a write whose answer is lost may have happened. */
  willWrite(key: string): void {
    this.#objects.add(key);
  }

  deleted(key: string): void {
    this.#objects.delete(key);
  }

  began(key: string, uploadId: string): void {
    this.#uploads.set(uploadId, key);
  }

  ended(uploadId: string): void {
    this.#uploads.delete(uploadId);
  }

  /** Removes all that is left. @returns what could not be removed */
  async cleanUp(): Promise<string[]> {
    const left: string[] = [];
    for (const [uploadId, key] of this.#uploads) {
      await this.store.abortUpload(key, uploadId).catch(() => left.push(`${key} (parts of an upload)`));
    }
    for (const key of this.#objects) {
      await this.store.delete(key).catch(async () => {
        if (await this.#mayBeThere(key)) left.push(key);
      });
    }
    return left;
  }

  async #mayBeThere(key: string): Promise<boolean> {
    try {
      return (await this.store.head(key)) !== undefined;
    } catch {
      return true;
    }
  }
}

/** Every answer tells the store's time, a refusal as well. */
function watchClock(client: S3Client, tell: (seconds: number) => void): void {
  const read = (response: unknown): void => {
    const date = (response as { headers?: Record<string, string> } | undefined)?.headers?.["date"];
    if (date) tell((Date.parse(date) - Date.now()) / 1000);
  };
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        const result = await next(args);
        read(result.response);
        return result;
      } catch (error) {
        read((error as { $response?: unknown }).$response);
        throw error;
      }
    },
    { step: "deserialize", name: "watchClock", override: true },
  );
}
