import { pathBelow, type Handler } from "./handler.ts";

/** Methods of requests that change nothing (RFC 9110, 9.2.1). */
const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Tells of each request that may have changed the site through this replica, once Ghost is done with it.
 * @param base path of the blog, without a slash at its end
 */
export function adminWrites(base: string, tell: () => void): Handler {
  return ({ method = "", url }, response, next) => {
    if (!SAFE.has(method) && pathBelow(`${base}/ghost/api/admin`, url)) response.once("close", tell);
    next();
  };
}
