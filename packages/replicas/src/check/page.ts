import { everywhere, type Blog } from "./blog.ts";
import { failed } from "./failed.ts";
import { enterPrivateSite } from "./private-site.ts";
import { drawPng, flawOf, someSize, type Size } from "./picture.ts";
import type { Replica } from "./replica.ts";

export interface Picture {
  readonly url: string;
  readonly size: Size;
  readonly bytes: number;
}

/** @param check the id of the check */
export function pictureName(check: string): string {
  return `check-${check}.png`;
}

export async function uploadPicture({ session, check }: Blog): Promise<Picture> {
  const size = someSize();
  const png = drawPng(size);
  const { images } = await session.upload("images/upload/", pictureName(check), "image/png", png);
  return { url: images[0].url, size, bytes: png.length };
}

/**
 * A page and no post: a post would be in feeds and on the front page, and Ghost would tell of it whoever follows the
 * blog on the social web, in Slack or by a webhook. A page is found by its address only.
 */
export async function publishPage(
  { session, check }: Blog,
  picture: Picture,
  now = new Date(),
): Promise<{ readonly url: string }> {
  const { pages } = await session.send("POST", "pages/", {
    pages: [
      {
        title: `Check of ${now.toISOString().slice(0, 16).replace("T", " ")}`,
        slug: `check-${check}`,
        status: "published",
        visibility: "public",
        lexical: JSON.stringify(document(picture, check)),
        codeinjection_head: '<meta name="robots" content="noindex">',
      },
    ],
  });
  return pages[0];
}

/** Waits until every replica serves the page with its text and its picture. */
export async function readPage(blog: Blog, url: string, picture: Picture): Promise<string> {
  const cookie = await enterPrivateSite(blog);
  return everywhere(blog, `The page ${url}`, async (replica) => {
    const { status, headers, bytes } = await replica.ask(url, { headers: { cookie } });
    if (status !== 200) return `answers ${status}${to(headers)}`;
    const html = bytes.toString();
    if (!html.includes(sentence(blog.check))) return "serves it without its text";
    return html.includes(picture.url) ? undefined : "serves it without its picture";
  });
}

/** Waits until no replica serves the page any more. */
export async function missPage(blog: Blog, url: string): Promise<string> {
  const cookie = await enterPrivateSite(blog);
  return everywhere(blog, `The removal of ${url}`, async (replica) => {
    const { status } = await replica.ask(url, { headers: { cookie } });
    return status === 404 ? undefined : `answers ${status}`;
  });
}

/** By the address that the page gives: on a CDN as any reader, on the blog itself through every replica. */
export async function readPicture(blog: Blog, direct: Replica, picture: Picture): Promise<string> {
  if (new URL(picture.url).origin === new URL(blog.url).origin) {
    return everywhere(blog, `The picture ${picture.url}`, (replica) => flawAt(replica, picture));
  }
  const flaw = await flawAt(direct, picture);
  if (flaw === undefined) return picture.url;
  throw failed(
    `The picture ${picture.url} is not as it was uploaded: its host ${flaw}`,
    "Readers see pages without their pictures.",
    "Look whether that host leads to the bucket of the uploads, and whether it may read there (storage-s3 doctor tells more).",
  );
}

async function flawAt(replica: Replica, { url, size }: Picture): Promise<string | undefined> {
  const { status, headers, bytes } = await replica.ask(url);
  if (status !== 200) return `answers ${status}${to(headers)}`;
  const type = headers.get("content-type");
  if (type !== "image/png") return `calls it ${type}`;
  const flaw = flawOf(bytes, size);
  return flaw && `sends ${flaw}`;
}

function to(headers: Headers): string {
  const location = headers.get("location");
  return location ? ` and leads to ${location}` : "";
}

function sentence(check: string): string {
  return `This page was made by the check ${check} and is removed at once.`;
}

/** As Ghost's editor stores a page. */
function document({ url, size }: Picture, check: string): object {
  const common = { direction: "ltr", format: "", indent: 0, version: 1 };
  const text = { type: "text", version: 1, text: sentence(check), detail: 0, format: 0, mode: "normal", style: "" };
  const image = { type: "image", version: 1, src: url, ...size, alt: "", title: "", caption: "", cardWidth: "regular" };
  return { root: { type: "root", ...common, children: [{ type: "paragraph", ...common, children: [text] }, image] } };
}
