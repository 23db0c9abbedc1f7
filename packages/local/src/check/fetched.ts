import { Failure } from "../failure.ts";

export interface Fetched {
  status: number;
  headers: Headers;
  bytes: Uint8Array;
}

/** Fetches as a browser does that follows no redirect, and reads all of the answer. */
export async function get(url: string, headers: Record<string, string> = {}): Promise<Fetched> {
  try {
    const answer = await fetch(url, { headers, redirect: "manual" });
    return { status: answer.status, headers: answer.headers, bytes: new Uint8Array(await answer.arrayBuffer()) };
  } catch (error) {
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Failure(`${url} could not be fetched: ${(reason as Error).message}`, { error });
  }
}
