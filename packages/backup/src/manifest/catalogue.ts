import { EXIT, Failure, NO_BACKUP } from "../failure.ts";
import type { Store, StoredObject } from "../store/store.ts";
import { isTaken, storeFailure } from "../store/failure.ts";
import { folderOf, formatName, isDumpKey, manifestKey, nameOfManifest, parseName, type BackupName } from "./names.ts";
import { manifestSchema, type Manifest } from "./schema.ts";

const UNCHANGED = "Nothing was changed.";

/** A backup as a listing shows it. */
export interface Listed extends BackupName {
  /** Where its dump lies; undefined when the dump is gone. */
  readonly storageClass: string | undefined;
}

const folder = (key: string): string => key.slice(0, key.lastIndexOf("/"));

/** The backups in a bucket: those with a manifest. */
export class Catalogue {
  readonly #store: Store;
  readonly #prefix: string;

  constructor(store: Store, prefix: string) {
    this.#store = store;
    this.#prefix = prefix;
  }

  /** From the oldest to the newest. Costs one listing: a manifest's place tells what it is. */
  async list(server?: string, database?: string): Promise<Listed[]> {
    const names: Listed[] = [];
    await this.#store.attempt("ListObjectsV2", UNCHANGED, async () => {
      // a dump stands before its manifest: keys come in their order
      let dump: StoredObject | undefined;
      for await (const object of this.#store.list(folderOf(this.#prefix, server, database))) {
        if (isDumpKey(object.key)) dump = object;
        const name = nameOfManifest(this.#prefix, object.key);
        const own = dump && folder(dump.key) === folder(object.key) ? dump : undefined;
        const meant = name && (database === undefined || name.database === database);
        if (meant) names.push({ ...name, storageClass: own?.storageClass });
      }
    });
    return names.toSorted((a, b) => a.time.getTime() - b.time.getTime());
  }

  /** @throws {Failure} when there is none, or it cannot be understood */
  async read(name: string): Promise<Manifest> {
    const key = manifestKey(this.#prefix, name);
    const text = await this.#store.attempt("GetObject", UNCHANGED, () => this.#store.readText(key));
    if (text === undefined) throw noBackup(`There is no backup "${name}".`);
    const result = manifestSchema.safeParse(parseJson(text));
    if (result.success && result.data.name === name) return result.data;
    const issue = result.error?.issues[0];
    const where = issue ? `${issue.path.join(".") || "its top"}: ${issue.message}` : `it names ${result.data?.name}`;
    throw new Failure(`The manifest of "${name}" cannot be understood (${where}).`, {
      effect: UNCHANGED,
      next: "It was damaged, or written by a newer version of this program: use that one, or take another backup.",
      exitCode: EXIT.mismatch,
    });
  }

  /** Makes a backup exist. */
  async write(manifest: Manifest): Promise<void> {
    const key = manifestKey(this.#prefix, manifest.name);
    try {
      await this.#store.putNew(key, `${JSON.stringify(manifest, null, 2)}\n`, "application/json");
    } catch (error) {
      // an answer that was lost and a second attempt: then the manifest that is there is this one
      if (isTaken(error) && (await this.read(manifest.name)).object.sha256 === manifest.object.sha256) return;
      throw storeFailure(error, "PutObject", this.#store.bucket, NO_BACKUP);
    }
  }

  /**
   * The backup that somebody means.
   * @param wanted a name, or `latest`
   * @param at the newest one of this time or before it
   */
  async find(wanted: string, at: Date | undefined, server?: string, database?: string): Promise<string> {
    if (wanted !== "latest") {
      if (parseName(wanted)) return wanted;
      throw noBackup(`"${wanted}" is no name of a backup, which is SERVER/DATABASE/TIME.`, EXIT.usage);
    }
    const all = (await this.list(server, database)).filter(({ safety }) => !safety);
    const databases = new Set(all.map((name) => `${name.server}/${name.database}`));
    if (databases.size > 1) {
      const known = [...databases].toSorted().join(", ");
      throw new Failure(`There are backups of several databases: ${known}.`, {
        effect: UNCHANGED,
        next: "Say which one with --server and --database.",
        exitCode: EXIT.usage,
      });
    }
    const found = all.findLast(({ time }) => at === undefined || time <= at);
    if (found) return formatName(found);
    throw noBackup(
      at && all.length > 0 ? `There is no backup of ${at.toISOString()} or before.` : "There is no backup.",
    );
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function noBackup(message: string, exitCode: Failure["exitCode"] = EXIT.unavailable): Failure {
  return new Failure(message, { effect: UNCHANGED, next: "`backup list` shows all that there are.", exitCode });
}
