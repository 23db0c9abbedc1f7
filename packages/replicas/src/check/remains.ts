import type { Blog } from "./blog.ts";
import { counted } from "./counted.ts";
import { unmarked } from "./marker.ts";
import { failed } from "./failed.ts";
import { pictureName } from "./page.ts";
import { earlierStaff, endSessions, pagesOf, removeStaff, type EarlierStaff } from "./staff.ts";
import { deleteImage, usualAddress } from "./stored-file.ts";
import { readTitle, restoreTitle } from "./title.ts";

/** What checks that were killed have left behind. */
export interface Remains {
  readonly users: readonly EarlierStaff[];
  readonly title: boolean;
}

/** To be called while no other check runs. */
export async function findRemains(blog: Pick<Blog, "database" | "staff">): Promise<Remains> {
  const [users, title] = [await earlierStaff(blog.database), await readTitle(blog)];
  return { users: users.filter(({ id }) => id !== blog.staff.id), title: unmarked(title) !== title };
}

export async function removeRemains(blog: Blog, remains: Remains): Promise<string> {
  if (remains.title) await restoreTitle(blog, true);
  let [pages, files] = [0, 0];
  for (const { id, check, month } of remains.users) {
    pages += await removePages(blog, id);
    files += await deleteImage(blog.ghost, usualAddress(blog.url, month, pictureName(check)));
    await removeUser(blog, id);
  }
  const found = [
    counted(remains.users.length, "user"),
    counted(pages, "page"),
    counted(files, "file"),
    remains.title ? "its mark on the title" : "",
  ];
  return found.filter(Boolean).join(", ");
}

/** By Ghost, so that its replicas hear of it. @returns how many there were */
export async function removePages({ database, session }: Blog, user: string): Promise<number> {
  const pages = await pagesOf(database, user);
  for (const id of pages) {
    await session.insist("DELETE", `pages/${id}/`).catch(async (error: unknown) => {
      // the first of several attempts may have done it without an answer
      if ((await pagesOf(database, user)).includes(id)) throw error;
    });
  }
  return pages.length;
}

/** Without its pages only: what refers to a user must not outlive it. */
export async function removeUser({ database }: Pick<Blog, "database">, user: string): Promise<void> {
  const pages = await pagesOf(database, user);
  if (pages.length === 0) return database.transaction((session) => removeStaff(session, user));
  await endSessions(database, user);
  throw failed(
    `The staff user of this check stays, as its page ${pages.join(", ")} could not be removed.`,
    "Readers who know its address still get that page; nobody is logged in as the user.",
    "The next check removes both. Or delete the page in Ghost's admin (Pages), then the user (Settings, Staff).",
  );
}
