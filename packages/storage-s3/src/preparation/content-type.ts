import { extname } from "node:path";
import { fileTypeFromBuffer } from "file-type";
import { lookup } from "mime-types";
import type { Source } from "../upload/source.ts";
import { parseVariantPath } from "../paths/variant-path.ts";

/** How an object is stored so that a browser shows it rightly and never runs it. */
export interface Presentation {
  readonly contentType: string;
  readonly contentDisposition: string | undefined;
}

/** What the detection of magic bytes needs at most. */
const SAMPLE_BYTES = 4100;

const UNKNOWN = "application/octet-stream";

/** Containers of many formats: for these the extension says more (docx, apk, svg…). */
const CONTAINERS = new Set(["application/zip", "application/xml", "text/xml", "application/x-cfb", "application/gzip"]);

/**
 * What the files endpoint of Ghost serves as it is; everything else is text or a download.
 * @see https://github.com/TryGhost/Ghost/blob/main/ghost/core/core/server/services/files/file-type-utils.ts
 */
const SAFE_FILE = /^(image\/(jpeg|png|gif|webp)|application\/(pdf|json)|(audio|video)\/.+|font\/.+|text\/plain)$/;

/** Types that a browser runs or that can carry a script into a page. */
const ACTIVE =
  /html|[/+]xml|javascript|ecmascript|text\/(css|xsl|vtt|cache-manifest)|wasm|x-shockwave-flash|multipart\/|message\//;

/**
 * The type by magic bytes, then by the `/format/x/` segment of a resized image, then by the extension; made inert.
 * The type that the browser claimed is never believed.
 */
export async function presentationOf(source: Source, path: string, prefix: string): Promise<Presentation> {
  return inert((await detectType(source, path)) ?? UNKNOWN, path, prefix);
}

/** The type of the bytes; undefined when nothing tells it. */
export async function detectType(source: Source, path: string): Promise<string | undefined> {
  const sample = Buffer.alloc(Math.min(SAMPLE_BYTES, source.size));
  await source.read(sample, 0);
  const magic = (await fileTypeFromBuffer(sample))?.mime;
  if (magic && !CONTAINERS.has(magic)) return canonical(magic);
  const format = parseVariantPath(path)?.format;
  return lookup(format ?? extname(path)) || magic;
}

/** Some detected names are not those that browsers and CDNs know. */
const canonical = (type: string): string =>
  ({ "audio/x-m4a": "audio/mp4", "audio/vnd.wave": "audio/wav" })[type] ?? type;

/**
 * SVG, HTML, XML and scripts come in by imports, by the media inliner and by the files endpoint, where nobody
 * sanitises them. As attachments SVG still shows in `<img>`, yet opening it cannot run anything on the asset host;
 * the others become text or a download, as Ghost does it for its files endpoint.
 */
export function inert(type: string, path: string, prefix: string): Presentation {
  const plain: Presentation = { contentType: type, contentDisposition: undefined };
  if (type === "image/svg+xml" && !prefix.endsWith("/files")) return { ...plain, contentDisposition: "attachment" };
  if (ACTIVE.test(type)) return { contentType: "text/plain", contentDisposition: "attachment" };
  if (prefix.endsWith("/files") && !SAFE_FILE.test(type))
    return { contentType: UNKNOWN, contentDisposition: "attachment" };
  return plain;
}

/** Whether a file can be replaced under its name: Ghost deletes and saves a video's thumbnail again. */
export const isMutable = (path: string): boolean => /_thumb\.\w+$/.test(path);
