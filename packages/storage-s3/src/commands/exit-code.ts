/** What a command answers to the shell. */
export const EXIT = { ok: 0, problems: 1, usage: 2 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
