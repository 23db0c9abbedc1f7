import type { Options } from "../configuration/schema.ts";
import { differences } from "../dump/comparison.ts";
import { ContentsReader, type Contents } from "../dump/contents.ts";
import type { Manifest } from "../manifest/schema.ts";
import type { Account } from "../mysql/account.ts";
import { load, readBack } from "./target.ts";

/** What a dump must turn out to be. */
export type Expected = Pick<Contents, "tables" | "definitions" | "definers"> & Pick<Manifest, "database">;

export interface ProvenLoad {
  readonly text: AsyncIterable<Buffer>;
  readonly expected: Expected;
  readonly options: Pick<Options, "loadConnections" | "deferIndexesFrom" | "stallTimeout">;
  readonly onRows?: ((bytes: number) => void) | undefined;
  readonly signal: AbortSignal;
}

/**
 * Loads a dump into an empty database, and compares tables, rows and definitions with what the server then holds.
 * @returns what differs; nothing when all is as it must be
 */
export async function loadAndCompare(account: Account, database: string, request: ProvenLoad): Promise<string[]> {
  const { text, expected, options, onRows, signal } = request;
  const { loadConnections: connections, deferIndexesFrom, stallTimeout: stallMs } = options;
  const settings = { connections, deferIndexesFrom, signal, ...(onRows && { onRows }) };
  await load(account, database, { text, tables: expected.tables }, settings);
  const loaded = await readBack(account, database, new ContentsReader(), { stallMs, signal });
  return [...differences(expected, loaded), ...loaded.counted];
}
