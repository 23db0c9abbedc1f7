import { setTimeout as sleep } from "node:timers/promises";
import { startSinkServer } from "./server.ts";

export interface Hook {
  at: number;
  method: string;
  /** Path with the query. */
  path: string;
  headers: Record<string, string | string[] | undefined>;
  /** The JSON body, or its text. */
  body: any;
}

export interface Hooks {
  readonly url: string;
  readonly calls: readonly Hook[];
  /** Calls of a path, query left aside. */
  at(path: string): Hook[];
  /** Those, once there are as many; or as many as there are when the time is up. */
  wait(path: string, atLeast?: number, timeoutMs?: number): Promise<Hook[]>;
  clear(): void;
  close(): Promise<void>;
}

/** What the ActivityPub service of a site answers to Ghost; the balancer leads `/.ghost/activitypub` here. */
const ACTIVITYPUB_SITE = { webhook_secret: "activitypub-SECRET" };

/** Takes webhooks, the update check and ActivityPub, and keeps what they said. */
export async function startHooks(): Promise<Hooks> {
  const calls: Hook[] = [];
  const server = await startSinkServer(({ method, url, headers, body }) => {
    calls.push({ at: Date.now(), method, path: url.pathname + url.search, headers, body: parsed(body) });
    if (url.pathname.startsWith("/.ghost/activitypub/v1/site")) return { body: ACTIVITYPUB_SITE };
    // as the update service answers when there is nothing new
    if (url.pathname.startsWith("/update-check")) return { status: 404, body: { notifications: [] } };
    return { body: {} };
  });
  const at = (path: string) => calls.filter((call) => call.path.split("?")[0] === path);
  return {
    url: server.url,
    calls,
    at,
    async wait(path, atLeast = 1, timeoutMs = 10_000) {
      for (const deadline = Date.now() + timeoutMs; ; await sleep(50)) {
        const found = at(path);
        if (found.length >= atLeast || Date.now() > deadline) return found;
      }
    },
    clear: () => void calls.splice(0),
    close: () => server.close(),
  };
}

function parsed(body: Buffer): unknown {
  const text = body.toString();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
