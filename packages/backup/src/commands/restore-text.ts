import type { ContentRestored } from "../content/restoration.ts";
import type { Restored } from "../restore.ts";
import { count } from "./amounts.ts";
import type { Io } from "./io.ts";
import { painter } from "./paint.ts";

export interface RestoreResult extends Restored {
  /** Repeated from the binary log. */
  readonly transactions: number;
  readonly lastCommit: Date | null;
}

/** What a restore did, for people. */
export function restoreText(result: RestoreResult, io: Io): string {
  const { backup, database, tables, rows, seconds, safety, content, transactions, lastCommit } = result;
  const paint = painter(io.stdout, io.env);
  const more = lastCommit ? ` and ${transactions} transactions up to ${lastCommit.toISOString()}` : "";
  const kept = safety ? `\nWhat was there before is the backup ${safety}.` : "";
  const done = paint("green", "restored and verified");
  return `${done} ${backup}${more} into ${database}  ${tables} tables, ${rows} rows, ${seconds} s${kept}\n${contentText(content, io)}`;
}

export function contentText(content: readonly ContentRestored[], io: Io): string {
  const paint = painter(io.stdout, io.env);
  const lines = content.map(({ bucket, into, copied, kept, replaced, different }) => {
    const left = different > 0 ? `, ${different} differ and were left as they are (--replace)` : "";
    const what = `${count(copied, "object")} copied, ${kept} kept, ${replaced} replaced${left}`;
    return `${paint("green", "restored")} the content of ${bucket} into ${into}  ${what}\n`;
  });
  return lines.join("");
}
