import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import { EXIT, Failure, reasonOf } from "../failure.ts";
import type { Interruption } from "./interruption.ts";

/** As long as a reader waits; a process that hangs takes connections and never answers. */
const ANSWER_MS = 10_000;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

export interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** One replica, asked as if by the proxy before it; or the blog's own address, asked as it is. */
export class Replica {
  /** As in "replica 10.0.0.1:2368". */
  readonly name: string;
  readonly place: string;
  readonly #address: string | undefined;
  readonly #interruption: Interruption;

  /** @param address origin that its requests go to; left out: wherever the URL leads */
  constructor(interruption: Interruption, place: string, address?: string) {
    this.place = place;
    this.name = address ? `replica ${place}` : place;
    this.#address = address;
    this.#interruption = interruption;
  }

  /**
   * Asks for a URL of the blog; redirects are answers. What changes something is not interrupted: once it was answered
   * it is known what to undo.
   * @throws {Failure} when there is no answer
   */
  async ask(url: string, question: Question = {}): Promise<Answer> {
    const { method = "GET" } = question;
    const { host, protocol, pathname, search } = new URL(url);
    const forwarded = this.#address && { host, "x-forwarded-proto": protocol.slice(0, -1) };
    const address = this.#address ? `${this.#address}${pathname}${search}` : url;
    const headers = { "user-agent": "ghost-replica check", ...forwarded, ...question.headers };
    const late = AbortSignal.timeout(ANSWER_MS);
    const signal = method === "GET" ? AbortSignal.any([late, this.#interruption.signal]) : late;
    try {
      return await send(address, { ...question, method, headers }, signal);
    } catch (error) {
      this.#interruption.signal.throwIfAborted();
      throw unanswered(
        this.name,
        address,
        late.aborted ? `within ${ANSWER_MS / 1000} s` : `(${reasonOf(error)})`,
        error,
      );
    }
  }
}

function unanswered(name: string, address: string, why: string, cause: unknown): Failure {
  return new Failure(`${capital(name)} did not answer ${why}: ${address}`, {
    effect: "Whoever is sent there gets no answer either.",
    next: "Look at the log of that process, and at what is between it and this check (network policies, DNS, TLS).",
    exitCode: EXIT.failed,
    cause,
  });
}

/** Not by `fetch`, which sends no `Host` but that of the address. */
async function send(
  address: string,
  { method, headers = {}, body }: Question & { method: string },
  signal: AbortSignal,
): Promise<Answer> {
  const request = address.startsWith("https:") ? https.request : http.request;
  const outgoing = request(address, { method, headers, signal, agent: false });
  outgoing.end(body);
  const [incoming] = (await once(outgoing, "response")) as [http.IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const received = new Headers();
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    for (const value of values ?? []) received.append(name, value);
  }
  return { status: incoming.statusCode ?? 0, headers: received, bytes: Buffer.concat(chunks) };
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
