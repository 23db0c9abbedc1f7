import { setTimeout as sleep } from "node:timers/promises";
import type { Server } from "./mysql.ts";

/** An entry, and the moments between which it was committed, in ms. */
interface Commit {
  readonly id: number;
  readonly begun: number;
  readonly acknowledged: number;
}

const EACH_MS = 10;

/** Writes a row after the other, and knows better than any log when each of them was committed. */
export class Diary {
  static readonly schema = "CREATE TABLE entries (id INT PRIMARY KEY AUTO_INCREMENT, body VARCHAR(100) NOT NULL)";

  readonly commits: Commit[] = [];
  readonly #server: Server;
  readonly #database: string;
  readonly #stop = new AbortController();
  #writing: Promise<void> = Promise.resolve();

  constructor(server: Server, database: string) {
    this.#server = server;
    this.#database = database;
  }

  begin(): void {
    this.#writing = this.#write();
  }

  /** @returns after the last commit */
  async end(): Promise<void> {
    this.#stop.abort();
    await this.#writing;
  }

  /** What must be there, and what may be: a commit may be under way at the moment itself. */
  at(moment: Date): { readonly least: number; readonly most: number } {
    const before = (of: (commit: Commit) => number): number =>
      this.commits.filter((commit) => of(commit) <= moment.getTime()).length;
    return { least: before(({ acknowledged }) => acknowledged), most: before(({ begun }) => begun) };
  }

  async #write(): Promise<void> {
    const connection = await this.#server.connect(this.#database);
    // it is killed with its server
    connection.on("error", () => {});
    try {
      for (let id = 1; !this.#stop.signal.aborted; id += 1) {
        const begun = Date.now();
        await connection.query("INSERT INTO entries (id, body) VALUES (?, ?)", [id, `entry ${id} 👋`]);
        this.commits.push({ id, begun, acknowledged: Date.now() });
        await sleep(EACH_MS);
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
    } finally {
      connection.destroy();
    }
  }
}

/** The ids in a table, which must be 1, 2, 3 and so on, without a gap. */
export async function entriesIn(server: Server, database: string): Promise<number> {
  const [row] = await server.query(`SELECT COUNT(*) AS n, MAX(id) AS last FROM \`${database}\`.entries`);
  const count = Number(row?.["n"]);
  if (Number(row?.["last"] ?? 0) !== count) throw new Error(`There are ${count} rows, the last is ${row?.["last"]}.`);
  return count;
}
