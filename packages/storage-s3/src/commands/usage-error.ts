/** The command cannot even begin: exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";
  /** The next step. */
  readonly help: string | undefined;

  constructor(message: string, help?: string) {
    super(message);
    this.help = help;
  }
}
