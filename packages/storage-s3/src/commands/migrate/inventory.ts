import type { Progress } from "../progress.ts";
import type { Feature } from "../settings/storage-block.ts";
import { isUnreadable, type SourceFile, type SourceTree, type Unreadable } from "./source-file.ts";

/** What there is to copy, and what is left out. */
export interface Inventory {
  readonly files: readonly SourceFile[];
  readonly unreadable: readonly Unreadable[];
  readonly skipped: { readonly dotFiles: number; readonly sizes: number };
}

const isHidden = (path: string): boolean => path.split("/").some((segment) => segment.startsWith("."));

/** @param withSizes whether image sizes are copied, which Ghost makes again when they are asked for */
export async function takeInventory(
  tree: SourceTree,
  features: readonly Feature[],
  withSizes: boolean,
  progress: Progress,
  signal: AbortSignal,
): Promise<Inventory> {
  const files: SourceFile[] = [];
  const unreadable: Unreadable[] = [];
  const skipped = { dotFiles: 0, sizes: 0 };
  for (const feature of features) {
    for await (const file of tree.list(feature)) {
      if (signal.aborted) break;
      progress.add(1);
      if (isUnreadable(file)) unreadable.push(file);
      else if (isHidden(file.path)) skipped.dotFiles += 1;
      else if (feature === "images" && file.path.startsWith("size/") && !withSizes) skipped.sizes += 1;
      else files.push(file);
    }
  }
  return { files, unreadable, skipped };
}
