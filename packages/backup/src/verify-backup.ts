import type { Options } from "./configuration/schema.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Manifest } from "./manifest/schema.ts";
import { ScratchServers } from "./scratch/servers.ts";
import type { DumpObject } from "./stored-dump.ts";
import type { Store } from "./store/store.ts";
import { readIdentities } from "./streams/encryption.ts";
import { verify } from "./verification.ts";

export const dumpObjectOf = ({ object }: Manifest): DumpObject => ({
  key: object.key,
  size: object.size,
  sha256: object.sha256,
  encrypted: object.encryption !== null,
});

/** @throws {Failure} when the backup is encrypted and nobody said where the key is */
export function identitiesFor(manifest: Manifest, { identityFile }: Options): string[] {
  if (manifest.object.encryption === null) return [];
  if (identityFile) return readIdentities(identityFile);
  throw new Failure(`"${manifest.name}" is encrypted for ${manifest.object.encryption.recipients.join(", ")}.`, {
    effect: "Nothing was changed.",
    next: "Give the file with the secret key: identityFile, BACKUP_AGE_IDENTITY_FILE or --identity.",
    exitCode: EXIT.usage,
  });
}

/** Proves a backup again, as the run did that made it: a drill. */
export async function verifyBackup(
  options: Options,
  manifest: Manifest,
  store: Store,
  signal: AbortSignal,
): Promise<void> {
  const identities = identitiesFor(manifest, options);
  const servers = new ScratchServers(options.scratch, signal);
  try {
    await verify({
      store,
      object: dumpObjectOf(manifest),
      identities,
      expected: manifest,
      scratch: await servers.for(manifest.server),
      options,
      signal,
    });
  } finally {
    await servers.stop();
  }
}
