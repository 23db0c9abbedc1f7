/** How much of the whole passed, failed and was skipped. */
export interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
  /** Titles of what was skipped, by the reason. */
  reasons: Map<string, string[]>;
}

/** The parts of vitest's JSON report that count. */
export interface VitestReport {
  testResults: {
    name: string;
    status: string;
    message?: string;
    assertionResults: { ancestorTitles: string[]; title: string; status: string }[];
  }[];
}

/** Reads vitest's report; without one, or with an exit code that it does not explain, something failed. */
export function outcomeOf(report: VitestReport | undefined, exitCode: number): Outcome {
  const outcome: Outcome = { passed: 0, failed: 0, skipped: 0, reasons: new Map() };
  for (const file of report?.testResults ?? []) {
    // a file that cannot be loaded has no tests to fail
    const broken = file.status === "failed" && file.assertionResults.every(({ status }) => status !== "failed");
    if (broken) outcome.failed += 1;
    for (const { status, ancestorTitles, title } of file.assertionResults) {
      if (status === "passed") outcome.passed += 1;
      else if (status === "failed") outcome.failed += 1;
      else {
        outcome.skipped += 1;
        remember(outcome.reasons, [...ancestorTitles, title]);
      }
    }
  }
  if (outcome.failed === 0 && (exitCode !== 0 || outcome.passed === 0)) outcome.failed = 1;
  return outcome;
}

/** The reason stands in brackets in the title of the group that needs something. */
function remember(reasons: Map<string, string[]>, titles: string[]): void {
  for (const title of titles) {
    const [, what = "", reason] = /^(.*) \[(no .+)\]$/.exec(title) ?? [];
    if (reason) {
      reasons.set(reason, [...(reasons.get(reason) ?? []), what]);
      return;
    }
  }
  reasons.set("skipped by its author", [...(reasons.get("skipped by its author") ?? []), titles.join(" > ")]);
}

/** A line for each reason, such as `no Docker: the contract on MinIO, migrate from MySQL (12)`. */
export function skippedLines({ reasons }: Outcome): string[] {
  return [...reasons].map(([reason, titles]) => `${reason}: ${[...new Set(titles)].join(", ")} (${titles.length})`);
}
