import type { Blog } from "./blog.ts";
import { failed } from "./failed.ts";
import { capital } from "./replica.ts";
import { readSetting } from "./settings.ts";

/**
 * The cookie of a reader who knows the access code of a private site; nothing for a public one. It is good for every
 * replica. @see https://ghost.org/help/how-to-make-your-publication-private/
 */
export async function enterPrivateSite({ database, replicas, url }: Blog): Promise<string> {
  if ((await readSetting(database, "is_private")) !== "true") return "";
  const answer = await replicas[0]!.ask(`${url}/private/?r=%2F`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ password: await readSetting(database, "password") }).toString(),
  });
  const cookies = answer.headers.getSetCookie();
  if (answer.status === 302 && cookies.length > 0) return cookies.map((cookie) => cookie.split(";")[0]).join("; ");
  throw failed(
    `${capital(replicas[0]!.name)} did not take the access code of this private site: it answered ${answer.status}.`,
    "Readers with the code do not get in either.",
    "Look at the access code in Ghost's settings, and at the log of that replica.",
  );
}
