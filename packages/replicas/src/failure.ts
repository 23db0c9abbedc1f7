/** Exit codes as sysexits.h names them; Kubernetes shows them as the reason of a restart. */
export const EXIT = {
  ok: 0,
  failed: 1,
  /** The configuration or the command line has mistakes. */
  usage: 64,
  /** The database, the bucket or another replica is not as it must be. */
  unavailable: 69,
  /** This is not the Ghost that was tested. */
  software: 70,
  /** It may work later: another replica was busy for too long. */
  temporary: 75,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An error for the person who runs the blog: the cause, what follows from it, and what to do next. */
export class Failure extends Error {
  override name = "Failure";
  readonly effect: string;
  readonly next: string;
  readonly exitCode: ExitCode;

  constructor(message: string, more: { effect: string; next: string; exitCode: ExitCode; cause?: unknown }) {
    super(message, { cause: more.cause });
    this.effect = more.effect;
    this.next = more.next;
    this.exitCode = more.exitCode;
  }
}

/** What went wrong, in one line. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  const message = error.message || error.name;
  return code && !message.includes(code) ? `${message} (${code})` : message;
}
