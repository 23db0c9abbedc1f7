import type { Options } from "./configuration/schema.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Manifest } from "./manifest/schema.ts";
import { ScratchServers } from "./scratch/servers.ts";
import type { DumpObject } from "./stored-dump.ts";
import type { Store } from "./store/store.ts";
import { thaw, type ThawRequest } from "./store/thaw.ts";
import { readIdentities } from "./streams/encryption.ts";
import { verifyContent } from "./content/verification.ts";
import { sideBySide } from "./side-by-side.ts";
import { verify } from "./verification.ts";

export const dumpObjectOf = ({ object }: Manifest): DumpObject => ({
  key: object.key,
  size: object.size,
  sha256: object.sha256,
  encrypted: object.encryption !== null,
});

/** The lists of its content: large ones are archived as the dump is. */
export const listKeysOf = ({ content }: Manifest): string[] => content.map(({ list }) => list.key);

/**
 * @param pieces of the binary log that go with it
 * @throws {Failure} when anything of it is encrypted and nobody said where the key is
 */
export function identitiesFor(
  { name, object: { encryption } }: Manifest,
  { identityFile }: Options,
  pieces: readonly { readonly encrypted: boolean }[] = [],
): string[] {
  if (encryption === null && !pieces.some(({ encrypted }) => encrypted)) return [];
  if (identityFile) return readIdentities(identityFile);
  throw new Failure(`"${name}" is encrypted for ${encryption?.recipients.join(", ") ?? "what its binary log was"}.`, {
    effect: "Nothing was changed.",
    next: "Give the file with the secret key: identityFile, BACKUP_AGE_IDENTITY_FILE or --identity.",
    exitCode: EXIT.usage,
  });
}

export interface DrillRequest extends Omit<ThawRequest, "keys"> {
  readonly options: Options;
  readonly manifest: Manifest;
}

/**
 * Proves a backup again, as the run did that made it: a drill.
 * @returns seconds that it took; the wait for an archive does not count
 */
export async function verifyBackup(request: DrillRequest): Promise<number> {
  const { options, manifest, store, signal } = request;
  const identities = identitiesFor(manifest, options);
  await thaw({ ...request, keys: [manifest.object.key, ...listKeysOf(manifest)] });
  const begun = performance.now();
  await sideBySide(
    signal,
    (stop) => verifyDump(options, manifest, store, identities, stop),
    async (stop) => {
      const encrypted = manifest.object.encryption !== null;
      for (const content of manifest.content) {
        await verifyContent({ store, content, encrypted, identities, signal: stop });
      }
    },
  );
  return Math.round(performance.now() - begun) / 1000;
}

async function verifyDump(
  options: Options,
  manifest: Manifest,
  store: Store,
  identities: readonly string[],
  signal: AbortSignal,
): Promise<void> {
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
