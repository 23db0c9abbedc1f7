import sharp from "sharp";
import { hasGps } from "../fixtures/gps.ts";
import type { Article } from "./article.ts";
import { get } from "./fetched.ts";
import { mismatch, requireBytes, requireEqual, requireMatch } from "./mismatch.ts";
import type { Candidate, Page } from "./page.ts";

/** What never changes under its name may be kept for ever. */
const FOR_EVER = /^public, max-age=31536000, immutable$/;

/** A thumbnail is replaced under its name: a day at the most. */
const SHORT = 86_400;

const TYPES: Record<string, string> = { jpeg: "image/jpeg", png: "image/png", webp: "image/webp", heif: "image/avif" };

/** No upload may be named by an address of the blog itself, nor by a key that only the database should hold. */
export function requireCdnOnly(page: Page, cdnUrl: string): number {
  for (const url of page.uploads)
    if (!url.startsWith(`${cdnUrl}/`)) throw mismatch("an upload on the page", cdnUrl, url);
  return page.uploads.length;
}

/** Every picture and every srcset candidate: there, whole, as wide as promised, typed, cacheable, without a place. */
export async function visitImages(page: Page, article: Article): Promise<{ pictures: number; sizes: number }> {
  const name = /photo[^/]*\.(jpe?g|webp)$/;
  const sizes = page.images.filter(({ url }) => url.includes("/size/"));
  const photos = page.images.filter(({ url }) => name.test(url));
  if (photos.length < 4)
    throw mismatch("pictures of the photo on the page, with its srcset", "4 or more", photos.length);
  if (!page.html.includes(article.drawing.url)) throw mismatch("the page", article.drawing.url, "a page without it");
  for (const image of page.images) await visitImage(image, article);
  return { pictures: page.images.length, sizes: sizes.length };
}

async function visitImage({ url, width }: Candidate, article: Article): Promise<void> {
  const { status, headers, bytes } = await get(url);
  requireEqual(`${url}, status`, status, 200);
  requireMatch(`${url}, Cache-Control`, headers.get("cache-control"), FOR_EVER);
  if (url === article.drawing.url) {
    requireMatch(`${url}, Content-Type`, headers.get("content-type"), /^image\/svg\+xml\b/);
    requireMatch(`${url}, content`, Buffer.from(bytes).toString(), /<circle[^>]+r="40"/);
    return;
  }
  const metadata = await sharp(bytes)
    .metadata()
    .catch(() => undefined);
  if (!metadata) throw mismatch(`${url}, content`, "a picture", `${bytes.byteLength} bytes that are none`);
  requireEqual(`${url}, Content-Type`, headers.get("content-type"), TYPES[metadata.format] ?? "a picture's");
  const promised = Number(/\/size\/w(\d+)/.exec(url)?.[1] ?? width ?? metadata.width);
  requireEqual(`${url}, width`, metadata.width, Math.min(promised, 2000));
  const format = /\/format\/(\w+)\//.exec(url)?.[1];
  if (format) requireEqual(`${url}, format`, metadata.format, format === "avif" ? "heif" : format);
  // decoding all pixels finds what a broken transfer would leave out
  await sharp(bytes).stats();
  requireEqual(`${url}, GPS data`, await hasGps(bytes), false);
}

/** The untouched original that Ghost keeps: not to be had from the CDN, or without the place. */
export async function visitOriginal(article: Article): Promise<string> {
  const url = article.photo.url.replace(/(\.\w+)$/, "_o$1");
  const { status, bytes } = await get(url);
  if (status >= 400) return `not public (${status})`;
  requireEqual(`${url}, status`, status, 200);
  requireEqual(`${url}, GPS data`, await hasGps(bytes), false);
  return "public, without GPS data";
}

/** The video as a player fetches it, then whole; and its thumbnail. */
export async function visitVideo(page: Page, article: Article, cdnUrl: string): Promise<void> {
  const { url, bytes, thumbnailUrl } = article.video;
  if (!page.html.includes(`src="${url}"`)) throw mismatch("the page", `a video at ${url}`, "a page without it");
  requireEqual("the video's address", url.startsWith(`${cdnUrl}/content/media/`), true);
  const size = bytes.byteLength;
  const ranges = [
    ["bytes=0-1023", 0, 1023],
    ["bytes=10000000-10999999", 10_000_000, 10_999_999],
    ["bytes=-500", size - 500, size - 1],
  ] as const;
  for (const [range, start, end] of ranges) {
    const part = await get(url, { range });
    requireEqual(`${url} ${range}, status`, part.status, 206);
    requireEqual(`${url} ${range}, Content-Range`, part.headers.get("content-range"), `bytes ${start}-${end}/${size}`);
    requireBytes(`${url} ${range}`, part.bytes, bytes.subarray(start, end + 1));
    requireEqual(`${url} ${range}, Content-Type`, part.headers.get("content-type"), "video/mp4");
  }
  const whole = await get(url);
  requireEqual(`${url}, status`, whole.status, 200);
  requireBytes(url, whole.bytes, bytes);
  requireMatch(`${url}, Cache-Control`, whole.headers.get("cache-control"), FOR_EVER);
  await visitThumbnail(page, thumbnailUrl);
}

async function visitThumbnail(page: Page, url: string): Promise<void> {
  if (!page.html.includes(url)) throw mismatch("the page", `a thumbnail at ${url}`, "a page without it");
  const { status, headers, bytes } = await get(url);
  requireEqual(`${url}, status`, status, 200);
  requireEqual(`${url}, Content-Type`, headers.get("content-type"), "image/png");
  requireEqual(`${url}, width`, (await sharp(bytes).metadata()).width, 640);
  const control = headers.get("cache-control") ?? "";
  const age = Number(/\bmax-age=(\d+)/.exec(control)?.[1] ?? Infinity);
  if (age > SHORT || control.includes("immutable")) {
    throw mismatch(`${url}, Cache-Control`, `max-age of ${SHORT} at the most, as it may be replaced`, control);
  }
}

export async function visitPdf(page: Page, article: Article, cdnUrl: string): Promise<void> {
  const { url: stored, bytes } = article.pdf;
  requireEqual("the file's address", stored.startsWith(`${cdnUrl}/content/files/`), true);
  // Ghost adds where a visitor comes from to links that lead to another host: ?ref=…
  const url = page.uploads.find((address) => address.split("?")[0] === stored);
  if (!url || !page.html.includes(`href="${url}"`))
    throw mismatch("the page", `a link to ${stored}`, "a page without it");
  const file = await get(url);
  requireEqual(`${url}, status`, file.status, 200);
  requireBytes(url, file.bytes, bytes);
  requireEqual(`${url}, Content-Type`, file.headers.get("content-type"), "application/pdf");
  requireMatch(`${url}, Cache-Control`, file.headers.get("cache-control"), FOR_EVER);
}
