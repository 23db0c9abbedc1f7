import { readFileSync, writeFileSync } from "node:fs";

const KIB_IN_MIB = 1024;

/**
 * Watches the highest resident memory from now on; call the result for MiB above the present.
 *
 * Linux keeps it as VmHWM, and writing 5 to clear_refs starts it anew (https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html).
 * `resourceUsage().maxRSS` is only for other systems: on Linux a child's begins at its parent's highest, not at its own.
 */
export function watchMemory(): () => number {
  const before = process.memoryUsage.rss() / 1024 / KIB_IN_MIB;
  if (process.platform !== "linux") return () => process.resourceUsage().maxRSS / KIB_IN_MIB - before;
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    // Where /proc is read-only the highest since the process began has to do: never less, and seldom more.
  }
  return () => {
    const highest = /VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"));
    return Number(highest?.[1]) / KIB_IN_MIB - before;
  };
}
