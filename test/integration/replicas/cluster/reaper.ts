import { spawn } from "node:child_process";
import { once } from "node:events";

/** Waits for the end of its input, then kills every process that has left its id in the folder, and the folder. */
const SCRIPT = 'cat >/dev/null; for f in "$1"/*/pid; do [ -f "$f" ] && kill -9 "$(cat "$f")"; done; rm -rf "$1"';

/**
 * Cleans up behind a folder of processes, even if this program is killed or the processes are stopped: a process of
 * its own that notices when its input ends. Answers with the function that ends it.
 */
export function reapFolder(folder: string): () => Promise<void> {
  const reaper = spawn("sh", ["-c", SCRIPT, "sh", folder], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  const exited = once(reaper, "exit");
  return async () => {
    reaper.stdin.end();
    await exited;
  };
}
