import { expect } from "vitest";
import { stripMetadata, type Stripped } from "../../src/privacy/strip.ts";
import { fromBytes, readAll } from "../../src/upload/source.ts";
import { SECRETS } from "./pictures.ts";

export interface Outcome extends Stripped {
  readonly bytes: Buffer;
  readonly untouched: boolean;
}

export async function strip(picture: Uint8Array, type: string): Promise<Outcome> {
  const source = fromBytes(picture);
  const stripped = await stripMetadata(source, type);
  return { ...stripped, bytes: await readAll(stripped.source), untouched: stripped.source === source };
}

export function expectNoSecrets(bytes: Buffer): void {
  expect(SECRETS.filter((secret) => bytes.includes(secret))).toEqual([]);
}
