import { createHash } from "node:crypto";
import type { Replica } from "./cluster/replica.ts";

/** Files of the admin with a hash in their names, as its page asks for them. */
export async function adminFilesOf(replica: Replica): Promise<string[]> {
  const html = await replica.text("/ghost/");
  const found = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(([, path]) => `/ghost/${path}`);
  return [...new Set(found)];
}

/** By path, the digest of what the replica answers with; the status where that is not 200. */
export async function digestsFrom(replica: Replica, paths: readonly string[]): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const path of paths) {
    const answer = await replica.get(path);
    const bytes = Buffer.from(await answer.arrayBuffer());
    digests[path] = answer.status === 200 ? createHash("sha256").update(bytes).digest("hex") : String(answer.status);
  }
  return digests;
}
