import type { ScratchOptions } from "../configuration/schema.ts";
import type { ServerFacts } from "../mysql/server.ts";
import { openScratch, type Scratch } from "./scratch.ts";

type Source = Pick<ServerFacts, "uuid" | "lowerCaseTableNames">;

/** The scratch servers of a run: one for all databases, or one for each way of reading the names of tables. */
export class ScratchServers {
  readonly #options: ScratchOptions;
  readonly #signal: AbortSignal;
  readonly #opened = new Map<string, Promise<Scratch>>();

  constructor(options: ScratchOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  for(source: Source): Promise<Scratch> {
    // a server that is there is looked at for each source: it must not be that one
    const id = this.#options.host ? source.uuid : String(source.lowerCaseTableNames);
    let scratch = this.#opened.get(id);
    if (!scratch) {
      scratch = openScratch(this.#options, { source, signal: this.#signal });
      this.#opened.set(id, scratch);
      // one that could not be started may be next time
      scratch.catch(() => this.#opened.delete(id));
    }
    return scratch;
  }

  async stop(): Promise<void> {
    const opened = await Promise.allSettled(this.#opened.values());
    for (const scratch of opened) if (scratch.status === "fulfilled") await scratch.value.stop();
  }
}
