import { mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Often enough that a person does not notice the wait. */
const POLL_MS = 250;

export interface Lock {
  release(): Promise<void>;
}

/** Takes the lock file, or answers with the process that holds it. The lock of a process that is gone is void. */
export async function tryLock(path: string): Promise<Lock | { heldBy: number }> {
  await mkdir(dirname(path), { recursive: true });
  for (;;) {
    try {
      const file = await open(path, "wx");
      await file.writeFile(String(process.pid));
      await file.close();
      return { release: () => rm(path, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const heldBy = await holder(path);
    if (heldBy !== undefined) return { heldBy };
    await rm(path, { force: true });
  }
}

/** Waits for the lock file and keeps it while `work` runs. */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: { waiting?: (heldBy: number) => void; signal?: AbortSignal | undefined } = {},
): Promise<T> {
  for (let told = 0; ;) {
    const lock = await tryLock(path);
    if ("release" in lock) return work().finally(() => lock.release());
    if (told !== lock.heldBy) options.waiting?.(lock.heldBy);
    told = lock.heldBy;
    await sleep(POLL_MS, undefined, { signal: options.signal });
  }
}

async function holder(path: string): Promise<number | undefined> {
  const text = await readFile(path, "utf8").catch(() => "");
  if (text === "") {
    // made a moment ago and not written yet, or left so by a crash: a second look tells
    await sleep(POLL_MS);
    if ((await readFile(path, "utf8").catch(() => "")) === "") return undefined;
    return holder(path);
  }
  try {
    process.kill(Number(text), 0);
    return Number(text);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM" ? Number(text) : undefined;
  }
}
