import { setTimeout as sleep } from "node:timers/promises";
import type { Blog } from "./blog.ts";
import { Requests } from "./requests.ts";

/** Readers who keep their connections. */
const CONNECTIONS = 10;

/** So long before and after what is measured. */
const LEAD_MS = 5000;

/**
 * Readers at a steady rate: pages, a post, a style sheet, a picture, the Content API. They have come when this is done.
 * @param pictures whether they look at a picture as well
 */
export async function readersOf(blog: Blog, perSecond: number, pictures = true): Promise<Requests> {
  const { urls } = blog;
  const article = await blog.publish("Read under load");
  const home = await (await blog.page("/")).text();
  const asset = /href="(\/assets\/[^"]*\.css\?v=[^"]*)"/.exec(home)?.[1];
  const contentKey = /data-key="([0-9a-f]+)"/.exec(home)?.[1];
  if (!asset || !contentKey) throw new Error("The home page names no style sheet or no key.");
  const requests = new Requests({
    url: urls.blog,
    connections: CONNECTIONS,
    overallRate: perSecond,
    requests: [
      at(urls.blog, "/"),
      at(urls.blog, article.path),
      at(urls.blog, asset),
      ...(pictures ? [at(urls.cdn, article.picture)] : []),
      at(urls.blog, `/ghost/api/content/posts/?key=${contentKey}&limit=3`),
    ],
  });
  await sleep(LEAD_MS);
  return requests;
}

function at(url: string, path: string): { path: string; headers: { host: string } } {
  return { path, headers: { host: new URL(url).host } };
}
