import { get } from "./fetched.ts";
import { requireEqual } from "./mismatch.ts";

/** A picture of the page, with the width that the page promises for it. */
export interface Candidate {
  url: string;
  width: number | undefined;
}

export interface Page {
  html: string;
  /** Each uploaded picture and each candidate of each srcset, once. */
  images: Candidate[];
  /** All addresses of uploads, whatever names them. */
  uploads: string[];
}

/** Reads a page as a visitor's browser does. */
export async function readPage(url: string): Promise<Page> {
  const { status, bytes } = await get(url);
  requireEqual(`${url}, status`, status, 200);
  const html = Buffer.from(bytes).toString().replaceAll("&amp;", "&");
  const images = new Map<string, Candidate>();
  for (const [, list = ""] of html.matchAll(/\bsrcset="([^"]+)"/g)) {
    for (const item of list.split(/,\s+/)) {
      const [address = "", descriptor = ""] = item.trim().split(/\s+/);
      const width = /^(\d+)w$/.exec(descriptor)?.[1];
      images.set(address, { url: address, width: width ? Number(width) : undefined });
    }
  }
  for (const [, address = ""] of html.matchAll(/<img\b[^>]*?\ssrc="([^"]+)"/g)) {
    if (!images.has(address)) images.set(address, { url: address, width: undefined });
  }
  const uploads = [...html.matchAll(/[^\s"'(=]+\/content\/(?:images|media|files)\/[^\s"')]+/g)].map(([match]) => match);
  // a new blog also shows a picture of Ghost's own, which lies elsewhere
  const uploaded = [...images.values()].filter(({ url: address }) => address.includes("/content/images/"));
  return { html, images: uploaded, uploads: [...new Set(uploads)] };
}
