import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { EXIT, Failure, reasonOf } from "../failure.ts";

/** Encrypts what is read from a stream for all recipients. @see https://age-encryption.org/v1 */
export async function encrypt(source: Readable, recipients: readonly string[]): Promise<Readable> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  const encrypted = await encrypter.encrypt(Readable.toWeb(source) as never);
  return Readable.fromWeb(encrypted as unknown as ReadableStream);
}

/** @throws {Failure} when none of the identities fits */
export async function decrypt(source: Readable, identities: readonly string[]): Promise<Readable> {
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  try {
    const plain = await decrypter.decrypt(Readable.toWeb(source) as never);
    return Readable.fromWeb(plain as unknown as ReadableStream);
  } catch (error) {
    throw new Failure(`The dump cannot be decrypted: ${reasonOf(error)}`, {
      effect: "Nothing was changed.",
      next: "Give the file with the secret key of a recipient that the manifest names (identityFile).",
      exitCode: EXIT.usage,
      cause: error,
    });
  }
}

export interface KeyPair {
  readonly identity: string;
  readonly recipient: string;
}

/**
 * A key that lives as long as a run. The program knows public keys only and must still prove that what lies in the
 * bucket can be read again: each dump is encrypted for this key as well, which is then forgotten.
 */
export async function keyForOneRun(): Promise<KeyPair> {
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}

/** Secret keys in a file as age-keygen makes it. */
export function readIdentities(path: string): string[] {
  const refuse = (why: string, cause?: unknown): Failure =>
    new Failure(`The file ${path} with the secret key ${why}.`, {
      effect: "Nothing was changed.",
      next: "Let identityFile name a file made by age-keygen.",
      exitCode: EXIT.usage,
      cause,
    });
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw refuse(`cannot be read: ${reasonOf(error)}`, error);
  }
  const keys = text.split("\n").map((line) => line.trim());
  const identities = keys.filter((line) => line.startsWith("AGE-SECRET-KEY-"));
  if (identities.length === 0) throw refuse("holds none");
  return identities;
}
