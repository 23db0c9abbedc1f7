import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import type { Order, Report, SizesOrder, SizesOutcome, UploadOrder, UploadOutcome } from "./order.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

/** No step of any case comes near this; a subject that hangs is reported and not waited for. */
const STEP_MS = 5 * 60_000;

/** A process of its own for one subject and one order. */
export class Worker<O extends UploadOrder | SizesOrder> {
  readonly #child: ChildProcess;
  readonly #reports: Report[] = [];
  #wake: () => void = () => undefined;
  /** Where the process serves, if its order was to serve. */
  port = 0;

  private constructor() {
    this.#child = fork(MAIN, [], { cwd: tmpdir(), env: environment(), stdio: ["ignore", "ignore", "pipe", "ipc"] });
    let complaint = "";
    this.#child.stderr?.on("data", (bytes: Buffer) => (complaint = (complaint + bytes.toString()).slice(-2000)));
    this.#child.on("message", (report: Report) => this.#take(report));
    this.#child.on("exit", (code, signal) => {
      this.#take({ kind: "failed", message: `the process ended (${signal ?? code}). ${complaint.trim()}` });
    });
  }

  /** Starts the process and waits until it has loaded and warmed up the adapter. */
  static async start<O extends UploadOrder | SizesOrder>(
    adapter: Pick<Order, "module" | "options">,
    order: O,
  ): Promise<Worker<O>> {
    const worker = new Worker<O>();
    worker.#child.send({ ...adapter, ...order });
    try {
      const report = await worker.#next();
      if (report.kind === "ready") worker.port = report.port ?? 0;
      return worker;
    } catch (error) {
      await worker.stop();
      throw error;
    }
  }

  /** Lets an upload begin, or asks a server for its count; resolves with the outcome. */
  async go(): Promise<O extends UploadOrder ? UploadOutcome : SizesOutcome> {
    this.#child.send("go");
    const report = await this.#next();
    if (report.kind !== "done") throw new Error(`expected an outcome, got ${report.kind}`);
    return report.outcome as O extends UploadOrder ? UploadOutcome : SizesOutcome;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exit;
  }

  #take(report: Report): void {
    this.#reports.push(report);
    this.#wake();
  }

  async #next(): Promise<Report> {
    if (this.#reports.length === 0) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const limit = setTimeout(() => reject(new Error(`no outcome within ${STEP_MS / 60_000} minutes`)), STEP_MS);
      this.#wake = resolve;
      await promise.finally(() => clearTimeout(limit));
    }
    const report = this.#reports.shift()!;
    if (report.kind === "failed") throw new Error(report.message);
    return report;
  }
}

/** This process's environment without what would set an adapter up behind the bench's back. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(?:AWS|GHOST|storage)_/.test(name));
  return { ...Object.fromEntries(own), NODE_ENV: "production" };
}
