/** A process that saves files as a replica of Ghost would: started with an IPC channel, it gets one message. */
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Feature, StorageClass, Upload } from "./built-adapter.ts";

export interface Task {
  /** Folder of the built adapter. */
  folder: string;
  feature: Feature;
  options: object;
  files: Upload[];
  directory: string;
}

export type Report = { urls: string[] } | { error: string };

const report = (message: Report): void => void process.send?.(message, () => process.disconnect());

process.once("message", async ({ folder, feature, options, files, directory }: Task) => {
  try {
    const StorageClass: StorageClass = createRequire(join(folder, "package.json"))(`./${feature}.js`);
    const storage = new StorageClass(options);
    report({ urls: await Promise.all(files.map((file) => storage.save(file, directory))) });
  } catch (error) {
    report({ error: (error as Error).stack ?? String(error) });
  }
});
process.send?.("ready");
