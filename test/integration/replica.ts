import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Report, Task } from "./saver.ts";

/** Another process that saves files. */
export interface Replica {
  save(task: Task): Promise<string[]>;
  /** Ends it at once, as a lost machine does. */
  kill(): Promise<void>;
}

export async function startReplica(): Promise<Replica> {
  const child: ChildProcess = fork(join(import.meta.dirname, "saver.ts"), {
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  await once(child, "message");
  return {
    async save(task) {
      child.send(task);
      const [report] = (await Promise.race([once(child, "message"), ended(child)])) as [Report];
      if ("error" in report) throw new Error(report.error);
      return report.urls;
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}

async function ended(child: ChildProcess): Promise<never> {
  const [code, signal] = await once(child, "exit");
  throw new Error(`The replica ended (${code ?? signal}) before it reported.`);
}
