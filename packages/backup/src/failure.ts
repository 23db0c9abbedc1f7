/** Exit codes as sysexits.h names them, so that a CronJob's log says at a glance what kind of failure it was. */
export const EXIT = {
  ok: 0,
  failed: 1,
  /** The configuration or the command line has mistakes. */
  usage: 64,
  /** What was restored is not what was dumped, or an object is not what its manifest says. */
  mismatch: 65,
  /** MySQL or the bucket cannot be reached, or is not as it must be. */
  unavailable: 69,
  /** It may work later: another run is busy with the database, or a dump is on its way from an archive. */
  temporary: 75,
  /** An account lacks rights. */
  forbidden: 77,
  /** It was asked to stop: 128 and SIGTERM's number, as shells count. */
  interrupted: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What follows from most failures of a run. */
export const NO_BACKUP = "There is no new backup; earlier ones are untouched.";

interface FailureParts {
  /** What follows from it, and what was not changed. */
  readonly effect: string;
  /** What to do next. */
  readonly next: string;
  readonly exitCode: ExitCode;
  readonly cause?: unknown;
}

/** An error for the person who runs the backups: the cause, what follows from it, and what to do next. */
export class Failure extends Error {
  override name = "Failure";
  readonly effect: string;
  readonly next: string;
  readonly exitCode: ExitCode;

  constructor(message: string, { effect, next, exitCode, cause }: FailureParts) {
    super(message, { cause });
    this.effect = effect;
    this.next = next;
    this.exitCode = exitCode;
  }
}

/** What went wrong, in one line. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  const message = error.message || error.name;
  return code && !message.includes(code) ? `${message} (${code})` : message;
}

/** The same failure with another effect: only the caller knows what was changed by then. */
export function withEffect(error: unknown, effect: string, next: string): Failure {
  if (error instanceof Failure) {
    return new Failure(error.message, { effect, next: error.next, exitCode: error.exitCode, cause: error });
  }
  return new Failure(reasonOf(error), { effect, next, exitCode: EXIT.failed, cause: error });
}

/** Work that cannot be stopped, as long as nobody wants to stop: then nobody waits for its end. */
export async function orInterrupted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  // it may still fail when nobody listens any more
  work.catch(() => {});
  if (signal.aborted) throw interrupted();
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(interrupted());
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** The failure of work that was asked to stop. */
export function interrupted(): Failure {
  return new Failure("It was asked to stop.", {
    effect: "What was under way was given up; earlier backups are untouched.",
    next: "Run it again.",
    exitCode: EXIT.interrupted,
  });
}
