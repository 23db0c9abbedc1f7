import { everywhere, type Blog } from "./blog.ts";
import { marked, unmarked } from "./marker.ts";
import { told, type Json } from "./admin-session.ts";
import { failed } from "./failed.ts";
import { capital, type Replica } from "./replica.ts";
import { readSetting } from "./settings.ts";

/** Of Ghost's titles. */
const LONGEST = 150;

/** What a replica tells everybody of its site, from its own memory: `title`, `version` and more. */
export async function readSite({ adminUrl }: Pick<Blog, "adminUrl">, replica: Replica): Promise<Json> {
  const answer = await replica.ask(`${adminUrl}/ghost/api/admin/site/`);
  const { site } = told(answer);
  if (answer.status === 200 && site) return site;
  const to = answer.headers.get("location");
  throw failed(
    `${capital(replica.name)} answered ${answer.status}${to ? ` (${to})` : ""} for ${adminUrl}/ghost/api/admin/site/, without a site.`,
    "It does not serve this blog, or not yet.",
    "Look at its log, and whether `url` is the same in its configuration and in that of this check.",
  );
}

export function readTitle({ database }: Pick<Blog, "database">): Promise<string> {
  return readSetting(database, "title");
}

/** Changes the site's title through one replica, and waits until all have it. */
export async function changeTitle(blog: Blog): Promise<string> {
  const title = marked(await readTitle(blog), blog.check);
  if (title.length > LONGEST) return "not done: Ghost takes no title that is as long as this one and a mark";
  await blog.session.send("PUT", "settings/", body(title));
  return seeTitle(blog, title);
}

/**
 * Takes the mark of any check off the title. One that somebody has set meanwhile has none, and stays.
 * @param sound whether to wait until all replicas have it
 */
export async function restoreTitle(blog: Blog, sound: boolean): Promise<string> {
  const found = await readTitle(blog);
  const title = unmarked(found);
  if (title !== found) {
    await blog.session.insist("PUT", "settings/", body(title)).catch(async () => {
      // no replica takes it, so the database does, where replicas look for changes of others
      await blog.database.change("UPDATE settings SET value = ? WHERE `key` = 'title' AND value = ?", [title, found]);
    });
  }
  return sound ? seeTitle(blog, title) : "in the database";
}

function seeTitle(blog: Blog, title: string): Promise<string> {
  return everywhere(blog, `The title "${title}"`, async (replica) => {
    const shown = (await readSite(blog, replica)).title;
    return shown === title ? undefined : `shows "${shown}"`;
  });
}

function body(title: string): object {
  return { settings: [{ key: "title", value: title }] };
}
