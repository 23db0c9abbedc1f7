import { IncorrectUsageError } from "./errors.ts";
import type { S3Client } from "@aws-sdk/client-s3";
import type { RequestHandler } from "express";
import { StorageBase, type ReadOptions, type StorageFile } from "ghost-storage-base";
import { ghostUrl } from "./ghost.ts";
import { serveMetrics } from "./observation/metrics.ts";
import { OptionsError, resolveOptions, type Options, type ResolvedOptions } from "./options/options.ts";
import { Storage } from "./storage.ts";
import { allWith } from "./store/client.ts";
import { surroundingsOf } from "./surroundings.ts";

/** Ghost shows the message of its own errors at boot. */
function resolve(config: unknown, prefix: string): ResolvedOptions {
  try {
    const options = resolveOptions(config, prefix);
    return { ...options, siteUrl: options.siteUrl ?? ghostUrl() };
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    throw new IncorrectUsageError({
      message: error.message,
      help: "All options: the README of @stateless-ghost/storage-s3.",
      // for who collects the mistakes of more than this block
      errorDetails: error.mistakes,
    });
  }
}

/**
 * Makes the class that Ghost loads for one feature. Every class extends StorageBase directly: Ghost recognises an
 * adapter with a StorageBase of its own by the name of its parent.
 * @param prefix path of the feature, as in `content/images`
 * @see https://github.com/TryGhost/Ghost/blob/main/ghost/core/core/server/services/adapter-manager/adapter-manager.ts
 */
export function adapterFor(prefix: string) {
  return class S3Storage extends StorageBase {
    /** Read by Ghost's importers: the path of the feature, relative to the bucket. */
    override storagePath: string;
    readonly staticFileURLPrefix: string;
    readonly #storage: Storage;

    /** Called by Ghost at boot. @throws {IncorrectUsageError} with all mistakes at once */
    static validate(config: unknown): void {
      resolve(config, prefix);
    }

    constructor(config: Options & { s3Client?: S3Client }) {
      super();
      const options = resolve(config, prefix);
      this.storagePath = options.staticFileURLPrefix;
      this.staticFileURLPrefix = options.staticFileURLPrefix;
      const { s3Client } = config;
      const clients = s3Client && allWith(s3Client);
      this.#storage = new Storage(options, surroundingsOf(options, clients));
      if (options.metricsPort) serveMetrics(options.metricsPort);
    }

    /** Stores an upload. @returns its URL: on the CDN, or relative to the site when there is none */
    override save(file: StorageFile, targetDir?: string): Promise<string> {
      return this.#storage.save(file, targetDir ?? this.getTargetDir());
    }

    /** Stores bytes under a given path: resized images, bookmark icons, inlined media. @returns the URL */
    override saveRaw(buffer: Buffer, targetPath: string): Promise<string> {
      return this.#storage.saveRaw(buffer, targetPath);
    }

    /** Whether a file exists. @throws when that cannot be known; never false because of an error */
    override exists(fileName: string, targetDir?: string): Promise<boolean> {
      return this.#storage.exists(fileName, targetDir);
    }

    /** The bytes of a file. @throws {NotFoundError} when there is none */
    override read({ path }: ReadOptions): Promise<Buffer> {
      return this.#storage.read(path);
    }

    /** Deletes a file; one that is not there is no error. */
    override delete(fileName: string, targetDir?: string): Promise<void> {
      return this.#storage.delete(fileName, targetDir);
    }

    /** The handler for this feature's path on the site. */
    override serve(): RequestHandler {
      return this.#storage.serve();
    }

    /** The relative path behind a URL, also behind one from before the move to S3. */
    override urlToPath(url: string): string {
      return this.#storage.keys.pathOfUrl(url);
    }

    /** A free name, kept for this very file object until it is saved. */
    override getUniqueFileName(file: { name: string }, targetDir: string): Promise<string> {
      return this.#storage.reserve(file, targetDir);
    }
  };
}
