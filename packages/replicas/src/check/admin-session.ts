import { failed } from "./failed.ts";
import { capital, type Answer, type Question, type Replica } from "./replica.ts";
import type { Staff } from "./staff.ts";

/** The version of the API that Ghost 6 has. */
const VERSION = "v6.0";

/** The shape of an answer is the API's own and differs with each path. */
export type Json = Record<string, any>;

/**
 * Ghost's Admin API, as the admin's own pages use it. Each request goes to the next replica: what one was told all must
 * know. @see https://docs.ghost.org/admin-api
 */
export class AdminSession {
  readonly #replicas: readonly Replica[];
  readonly #url: string;
  /** Replicas that failed a request. */
  readonly #suspects = new Set<Replica>();
  #cookie = "";
  #turn = 0;

  /** @param url where the admin of the blog is, without `/ghost` */
  constructor(replicas: readonly Replica[], url: string) {
    this.#replicas = replicas;
    this.#url = url;
  }

  /** @returns the replica that took the login */
  async logIn({ email, password }: Staff): Promise<Replica> {
    const replica = this.#next();
    const answer = await this.#ask(replica, "POST", "session/", json({ username: email, password }));
    this.#cookie = answer.headers
      .getSetCookie()
      .map((cookie) => cookie.split(";")[0])
      .join("; ");
    return replica;
  }

  send(method: string, path: string, body?: object): Promise<Json> {
    return this.sendTo(this.#next(), method, path, body);
  }

  async sendTo(replica: Replica, method: string, path: string, body?: object): Promise<Json> {
    return told(await this.#ask(replica, method, path, body && json(body)));
  }

  async upload(path: string, name: string, type: string, bytes: Buffer): Promise<Json> {
    const form = new FormData();
    form.append("file", new Blob([new Uint8Array(bytes)], { type }), name);
    const { headers, body } = await encoded(form);
    return told(await this.#ask(this.#next(), "POST", path, { headers, body }));
  }

  /** To whichever replica does it, those that have failed before coming last: for what has to be undone. */
  async insist(method: string, path: string, body?: object): Promise<Json> {
    let first: unknown;
    const trusted = this.#replicas.filter((replica) => !this.#suspects.has(replica));
    for (const replica of [...trusted, ...this.#suspects]) {
      try {
        return await this.sendTo(replica, method, path, body);
      } catch (error) {
        first ??= error;
      }
    }
    throw first;
  }

  #next(): Replica {
    this.#turn += 1;
    return this.#replicas[(this.#turn - 1) % this.#replicas.length]!;
  }

  async #ask(replica: Replica, method: string, path: string, question: Question = {}): Promise<Answer> {
    const headers: Record<string, string> = {
      ...question.headers,
      origin: new URL(this.#url).origin,
      "accept-version": VERSION,
      ...(this.#cookie && { cookie: this.#cookie }),
    };
    try {
      const answer = await replica.ask(`${this.#url}/ghost/api/admin/${path}`, { ...question, method, headers });
      if (answer.status >= 200 && answer.status < 300) return answer;
      throw failed(
        `${capital(replica.name)} answered ${method} ${path} with ${answer.status}: ${reason(answer)}`,
        "Authors cannot do this either.",
        "What Ghost said of it is in the log of that replica.",
      );
    } catch (error) {
      this.#suspects.add(replica);
      throw error;
    }
  }
}

/** As a browser sends a form with a file. */
async function encoded(form: FormData): Promise<Required<Pick<Question, "headers" | "body">>> {
  const response = new Response(form);
  const type = response.headers.get("content-type") ?? "";
  return { headers: { "content-type": type }, body: new Uint8Array(await response.arrayBuffer()) };
}

function json(body: object): Question {
  return { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
}

/** What the answer says; some say nothing. */
export function told({ bytes }: Answer): Json {
  try {
    return (JSON.parse(bytes.toString()) ?? {}) as Json;
  } catch {
    return {};
  }
}

function reason(answer: Answer): string {
  const [error] = (told(answer).errors ?? []) as Json[];
  if (error) return [error.message, error.context].filter(Boolean).join(" ");
  const to = answer.headers.get("location");
  return to ? `it leads to ${to}` : answer.bytes.toString().slice(0, 200);
}
