/** An error that a person can act on: what happened, what that means, and what to do. */
export class Failure extends Error {
  override name = "Failure";
  readonly effect: string | undefined;
  readonly next: string | undefined;

  constructor(cause: string, more: { effect?: string; next?: string; error?: unknown } = {}) {
    super(cause, { cause: more.error });
    this.effect = more.effect;
    this.next = more.next;
  }
}

/** The lines to show for any error; a stack only where nothing better is known. */
export function explain(error: unknown): string[] {
  if (error instanceof Failure) {
    return [error.message, error.effect, error.next].filter((line) => line !== undefined);
  }
  if (!(error instanceof Error)) return [String(error)];
  return [error.stack ?? error.message, "This is a defect of the program, not of what you gave it."];
}
