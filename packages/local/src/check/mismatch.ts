import { Failure } from "../failure.ts";

/** What came is not what should have come. */
export function mismatch(what: string, expected: unknown, got: unknown): Failure {
  return new Failure(`${what}: expected ${show(expected)}, got ${show(got)}.`);
}

export function requireEqual(what: string, got: unknown, expected: unknown): void {
  if (got !== expected) throw mismatch(what, expected, got);
}

export function requireMatch(what: string, got: string | null | undefined, expected: RegExp): void {
  if (!expected.test(got ?? "")) throw mismatch(what, expected, got);
}

/** Bytes are compared whole and shown by their number and the place of the first difference. */
export function requireBytes(what: string, got: Uint8Array, expected: Uint8Array): void {
  requireEqual(`${what}, length`, got.byteLength, expected.byteLength);
  if (Buffer.compare(got, expected) === 0) return;
  const at = got.findIndex((byte, index) => byte !== expected[index]);
  throw mismatch(`${what}, byte ${at}`, expected[at], got[at]);
}

function show(value: unknown): string {
  return value instanceof RegExp ? String(value) : (JSON.stringify(value) ?? "nothing");
}
