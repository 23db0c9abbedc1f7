/** One mistake in the configuration. */
export interface Mistake {
  /** The variable, or the path in the file, as in `servers[0].host`. */
  readonly key: string;
  readonly given: string;
  readonly expected: string;
}
