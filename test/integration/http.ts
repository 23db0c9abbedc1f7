import { request, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { once } from "node:events";

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Begins a request with exactly these headers, on a connection of its own. */
export async function begin(
  url: string,
  headers: Record<string, string> = {},
  method: "GET" | "HEAD" = "GET",
): Promise<IncomingMessage> {
  const outgoing = request(url, { method, headers, agent: false });
  outgoing.end();
  const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
  return answer;
}

/** @throws when the answer breaks off */
export async function ask(
  url: string,
  headers: Record<string, string> = {},
  method: "GET" | "HEAD" = "GET",
): Promise<Answer> {
  const answer = await begin(url, headers, method);
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) };
}
