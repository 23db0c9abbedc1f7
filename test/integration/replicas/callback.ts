import { createHmac } from "node:crypto";
import type { Cluster } from "./cluster/cluster.ts";
import type { Replica } from "./cluster/replica.ts";

/** Ghost's scheduler signs for a span around the time of the post; it is no matter here. */
const VALID_S = 3600;

export interface Key {
  id: string;
  secret: string;
}

/** The key of the integration by which Ghost asks itself to publish a post. */
export async function schedulerKey({ database }: Cluster): Promise<Key> {
  const [row] = await database.query(
    `SELECT k.id, k.secret FROM api_keys k JOIN integrations i ON i.id = k.integration_id
     WHERE i.slug = 'ghost-scheduler' AND k.type = 'admin'`,
  );
  return row as unknown as Key;
}

/** Where a post is asked to be published, with a token as Ghost's scheduler makes it. */
export function callbackFor({ url }: Cluster, postId: string, { id, secret }: Key): string {
  const now = Math.floor(Date.now() / 1000);
  const parts = [
    { alg: "HS256", typ: "JWT", kid: id },
    { aud: `${url}/ghost/api/admin/`, nbf: now - VALID_S, exp: now + VALID_S },
  ];
  const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  const signature = createHmac("sha256", Buffer.from(secret, "hex")).update(signed).digest("base64url");
  return `/ghost/api/admin/schedules/posts/${postId}/?token=${signed}.${signature}`;
}

/** Asks a replica; answers with the status and with how many posts it has published by that. */
export async function callBack(replica: Replica, callback: string): Promise<{ status: number; published: number }> {
  const answer = await replica.get(callback, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  const { posts = [] } = (await answer.json()) as { posts?: unknown[] };
  return { status: answer.status, published: posts.length };
}
