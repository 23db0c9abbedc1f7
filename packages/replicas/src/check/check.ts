import type { Lease } from "../database/leases.ts";
import { EXIT, Failure, reasonOf } from "../failure.ts";
import type { Blog } from "./blog.ts";
import { missPage, pictureName, publishPage, readPage, readPicture, uploadPicture, type Picture } from "./page.ts";
import { findRemains, removePages, removeRemains, removeUser } from "./remains.ts";
import { counted } from "./counted.ts";
import { failed } from "./failed.ts";
import { Replica } from "./replica.ts";
import type { Step } from "./report.ts";
import { addStaff } from "./staff.ts";
import { deleteImage, usualAddress } from "./stored-file.ts";
import { changeTitle, readSite, restoreTitle } from "./title.ts";
import { Undo } from "./undo.ts";

/** A check under way. */
interface Check {
  readonly blog: Blog;
  readonly step: Step;
  readonly undo: Undo;
}

/**
 * Proves that a blog works, and leaves nothing behind.
 * @param lease held by one check at a time
 * @returns what went wrong, the first thing first
 */
export async function check(blog: Blog, lease: Lease, step: Step): Promise<unknown[]> {
  const errors: unknown[] = [];
  const undo = new Undo();
  try {
    await prove({ blog, undo, step: guarded(blog, lease, step) });
  } catch (error) {
    errors.push(error);
  }
  blog.interruption.disarm();
  return [...errors, ...(await undo.run(step, errors.length === 0))];
}

/** No step begins once the check was asked to end, or another one may have begun. */
function guarded({ interruption }: Blog, lease: Lease, step: Step): Step {
  return async (title, work, remark) => {
    interruption.signal.throwIfAborted();
    if (lease.trusted) return step(title, work, remark);
    throw new Failure("This check was stopped for so long that another one may have begun.", {
      effect: "What it made is removed; whether the blog works is not known.",
      next: "Check again when this machine and MySQL answer in time.",
      exitCode: EXIT.temporary,
    });
  };
}

async function prove(around: Check): Promise<void> {
  const { blog, step } = around;
  await step(
    "ask every replica for the site",
    () => Promise.all(blog.replicas.map((replica) => readSite(blog, replica))),
    (sites) => `Ghost ${[...new Set(sites.map(({ version }) => version))].join(", ")}`,
  );
  await enter(around);
  const remains = await findRemains(blog);
  if (remains.users.length > 0 || remains.title) {
    await step("remove what an earlier check left behind", () => removeRemains(blog, remains), asItIs);
  }
  await read(around, await upload(around));
  await rename(around);
}

async function enter({ blog, step, undo }: Check): Promise<void> {
  const { ghost, database, session, staff, replicas } = blog;
  undo.note("remove the staff user and what Ghost noted of it", async () => {
    await removeUser(blog, staff.id);
    return staff.email;
  });
  await step("make a staff user in the database", async () => {
    if (await database.transaction((transaction) => addStaff(transaction, ghost, staff))) return;
    throw new Failure("The database has no roles: Ghost has not finished its first start.", {
      effect: "Nobody can log in yet.",
      next: "Wait until a replica is ready, then check again.",
      exitCode: EXIT.unavailable,
    });
  });
  await step(
    "log in through one replica",
    () => session.logIn(staff),
    ({ place }) => place,
  );
  await step("be known to every replica", () =>
    Promise.all(replicas.map((replica) => session.sendTo(replica, "GET", "users/me/"))),
  );
}

async function upload({ blog, step, undo }: Check): Promise<Picture> {
  let picture: Picture | undefined;
  const month = new Date().toISOString().slice(0, 7).replace("-", "/");
  undo.note("delete the picture", async () => {
    const url = picture?.url ?? usualAddress(blog.url, month, pictureName(blog.check));
    const deleted = await deleteImage(blog.ghost, url).catch((error: unknown) => {
      throw failed(
        `The storage did not delete the picture: ${reasonOf(error)}`,
        `It stays at ${url}, or the original beside it does.`,
        "Delete it in the bucket once that answers.",
      );
    });
    if (deleted > 0 || !picture) return counted(deleted, "file");
    return `not here: the storage is out of reach, a file of about ${picture.bytes} bytes stays at ${url}`;
  });
  picture = await step(
    "upload a picture",
    () => uploadPicture(blog),
    ({ url, bytes }) => `${bytes} bytes, ${url}`,
  );
  return picture;
}

async function read({ blog, step, undo }: Check, picture: Picture): Promise<void> {
  let address: string | undefined;
  undo.note("remove the page", async (sound) => {
    const removed = await removePages(blog, blog.staff.id);
    return sound && address ? missPage(blog, address) : counted(removed, "page");
  });
  const page = await step(
    "publish a page with it",
    () => publishPage(blog, picture),
    ({ url }) => url,
  );
  address = page.url;
  await step("read the page through every replica", () => readPage(blog, page.url, picture), asItIs);
  await step(
    "read the picture by the address on the page",
    () => readPicture(blog, new Replica(blog.interruption, "the host of the pictures"), picture),
    asItIs,
  );
}

async function rename({ blog, step, undo }: Check): Promise<void> {
  undo.note("set the title back", (sound) => restoreTitle(blog, sound));
  await step("change the site's title and see it on every replica", () => changeTitle(blog), asItIs);
}

const asItIs = (remark: string): string => remark;
