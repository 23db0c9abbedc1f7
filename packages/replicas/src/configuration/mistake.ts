/** One mistake in the configuration. */
export interface Mistake {
  readonly key: string;
  /** What stands there; never a secret. */
  readonly given: string;
  /** What would be right. */
  readonly expected: string;
}

export function missing(key: string, expected: string, because?: string): Mistake {
  return { key, given: because === undefined ? "missing" : `missing, but ${because}`, expected };
}

/** The same mistakes by the names of the variables, for a block that is not the only one. */
export function within(block: string, mistakes: readonly Mistake[]): Mistake[] {
  return mistakes.map(({ key, given, expected }) => ({ key: `${block}__${key}`, given, expected }));
}

/** How many there are, and a line for each. */
export function text(mistakes: readonly Mistake[]): string {
  const count = mistakes.length === 1 ? "1 mistake" : `${mistakes.length} mistakes`;
  return [
    `${count}:`,
    ...mistakes.map(({ key, given, expected }) => `  - ${key}: ${given}; expected ${expected}`),
  ].join("\n");
}
