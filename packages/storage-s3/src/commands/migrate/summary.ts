import type { Amount } from "../progress.ts";
import type { Outcome } from "./copy.ts";
import type { Inventory } from "./inventory.ts";
import type { SourceFile } from "./source-file.ts";

export interface Problem {
  readonly feature: string;
  readonly path: string;
  readonly key?: string;
  readonly reason: string;
}

/** What a run did, or in a dry run what it would do. */
export class Summary {
  copied: Amount = { files: 0, bytes: 0 };
  replaced: Amount = { files: 0, bytes: 0 };
  present: Amount = { files: 0, bytes: 0 };
  /** Whether the rest was not tried, as the store failed again and again. */
  gaveUp = false;
  readonly conflicts: Problem[] = [];
  readonly failed: Problem[] = [];
  readonly warnings: Problem[] = [];
  readonly skipped: Inventory["skipped"];
  readonly total: number;

  constructor({ files, unreadable, skipped }: Inventory) {
    this.skipped = skipped;
    this.total = files.length;
    this.failed.push(...unreadable.map(({ feature, path, error }) => ({ feature, path, reason: error })));
  }

  add({ feature, path, size }: SourceFile, outcome: Outcome): void {
    if (outcome.status === "conflict") {
      this.conflicts.push({ feature, path, key: outcome.key, reason: outcome.reason });
      return;
    }
    if (outcome.status === "present") {
      this.present = more(this.present, size);
      return;
    }
    if (outcome.replaced) this.replaced = more(this.replaced, size);
    else this.copied = more(this.copied, size);
    if (outcome.warning) this.warnings.push({ feature, path, key: outcome.key, reason: outcome.warning });
  }

  fail({ feature, path }: SourceFile, error: unknown): void {
    const { message, context } = error as Error & { context?: string };
    this.failed.push({ feature, path, reason: context ? `${message} (${context})` : message });
  }

  get isComplete(): boolean {
    return this.conflicts.length === 0 && this.failed.length === 0;
  }
}

const more = ({ files, bytes }: Amount, size: number): Amount => ({ files: files + 1, bytes: bytes + size });
