import { writeFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Replica } from "./cluster/replica.ts";
import { eventually } from "./eventually.ts";

const MODULE = pathToFileURL(join(import.meta.dirname, "wrong-clock.mjs")).href;

/** The clocks of replicas, which can be set while they run. */
export class Clocks {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async make(): Promise<Clocks> {
    return new Clocks(await mkdtemp(join(tmpdir(), "clocks-")));
  }

  /** What a replica needs in its environment. */
  readonly env = (index: number): Record<string, string> => {
    writeFileSync(this.#file(index), "0");
    return { NODE_OPTIONS: `--import ${MODULE}`, WRONG_CLOCK: this.#file(index) };
  };

  /** Until the replica's clock is wrong by so many ms. */
  async set({ index }: Replica, ms: number): Promise<void> {
    await writeFile(this.#file(index), String(ms));
    const taken = () => readFile(`${this.#file(index)}.taken`, "utf8").catch(() => "0");
    await eventually(`the clock of replica ${index} is set`, async () => Number(await taken()) === ms);
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }

  #file(index: number): string {
    return join(this.#folder, String(index));
  }
}
