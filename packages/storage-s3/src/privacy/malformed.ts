/** The bytes do not follow their format, so nobody can say what lies behind this place. */
export class MalformedError extends Error {
  override name = "MalformedError";
}
