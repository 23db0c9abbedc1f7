import { posix } from "node:path";
import { IncorrectUsageError } from "../errors.ts";
import { hasOriginals, isOriginal } from "./original.ts";

/** Where a blog's files lie in the bucket and on the web. */
export interface Layout {
  readonly tenantPrefix: string;
  /** `content/images`, `content/media` or `content/files` */
  readonly staticFileURLPrefix: string;
  readonly cdnUrl?: string | undefined;
  readonly siteUrl?: string | undefined;
  /** Whether `_o` files lie where the CDN cannot read them. */
  readonly privateOriginals: boolean;
}

/** Folder of the originals that are not public; a CDN reads `content/` only. */
const PRIVATE = "private";

/** Longest key of S3, in bytes of UTF-8. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const MAX_KEY_BYTES = 1024;

/** Translates between Ghost's paths (`2026/11/a.jpg`), keys of the bucket and URLs. */
export class Keys {
  readonly #layout: Layout;
  readonly #subdirectory: string;

  constructor(layout: Layout) {
    this.#layout = layout;
    this.#subdirectory = layout.siteUrl ? new URL(layout.siteUrl).pathname.replace(/\/+$/, "") : "";
  }

  /**
   * The relative path that Ghost means. Callers hand in relative and absolute paths, paths with the feature's prefix
   * and, for resized images, the percent-encoded URL of a request.
   * @throws {IncorrectUsageError} for a path that leads out of the feature's folder
   */
  path(input: string, directory?: string): string {
    const joined = directory ? posix.join(directory, input) : input;
    const decoded = decode(isRequestUrl(joined) ? joined.replace(/[?#].*$/s, "") : joined).replaceAll("\\", "/");
    const path = posix.normalize(this.#withoutPrefix(decoded).replace(/^\/+/, "")).replace(/\/+$/, "");
    // Without a name only the folder is left.
    const nameless = input.trim() === "";
    if (nameless || path === "" || path === "." || path === ".." || path.startsWith("../") || path.includes("\0")) {
      throw new IncorrectUsageError({
        message: `"${input}" is no path of a file in ${this.#layout.staticFileURLPrefix}.`,
      });
    }
    return path;
  }

  /** The key of a relative path. */
  key(path: string): string {
    const { tenantPrefix, staticFileURLPrefix } = this.#layout;
    const root = this.isPrivate(path) ? posix.join(PRIVATE, staticFileURLPrefix) : staticFileURLPrefix;
    const key = posix.join(tenantPrefix, root, path);
    if (Buffer.byteLength(key) > MAX_KEY_BYTES) {
      throw new IncorrectUsageError({
        message: `The path "${path}" is too long for S3: its key has ${Buffer.byteLength(key)} bytes of ${MAX_KEY_BYTES}. Nothing was stored.`,
        help: "Give the file a shorter name.",
      });
    }
    return key;
  }

  /** Whether a path is one that readers never get. */
  isPrivate(path: string): boolean {
    return this.#layout.privateOriginals && hasOriginals(this.#layout.staticFileURLPrefix) && isOriginal(path);
  }

  /** The URL under which readers find a relative path: on the CDN, or on the site itself. */
  url(path: string): string {
    const { cdnUrl, tenantPrefix, staticFileURLPrefix } = this.#layout;
    const encoded = path.split("/").map(encodeSegment).join("/");
    return cdnUrl
      ? [cdnUrl, tenantPrefix, staticFileURLPrefix, encoded].filter(Boolean).join("/")
      : `${this.#subdirectory}/${staticFileURLPrefix}/${encoded}`;
  }

  /**
   * The relative path behind a URL: one of the CDN, of the site, or root-relative, as they stand in posts that were
   * written before the move to S3.
   * @throws {IncorrectUsageError} for the URL of something else
   */
  pathOfUrl(url: string): string {
    const { staticFileURLPrefix, cdnUrl, siteUrl } = this.#layout;
    const foreign = new IncorrectUsageError({
      message: `The URL "${url}" is not one of this blog's ${staticFileURLPrefix}.`,
      help: `Its files are at ${cdnUrl ?? siteUrl ?? ""}/${staticFileURLPrefix}/.`,
    });
    const rest = this.#afterBase(url);
    if (rest === undefined) throw foreign;
    const encoded = rest.replace(/[?#].*$/s, "");
    if (!encoded.startsWith(`${staticFileURLPrefix}/`)) throw foreign;
    const path = posix.normalize(decode(encoded.slice(staticFileURLPrefix.length + 1)));
    if (path === "." || path === ".." || path.startsWith("../") || path.startsWith("/") || path.includes("\0")) {
      throw foreign;
    }
    return path;
  }

  /** What follows the CDN's or the site's address; undefined when the URL is of neither. */
  #afterBase(url: string): string | undefined {
    const { cdnUrl, tenantPrefix, siteUrl } = this.#layout;
    const cdnBase = cdnUrl && [cdnUrl, tenantPrefix, ""].filter((part, i) => part || i === 2).join("/");
    if (cdnBase && url.startsWith(cdnBase)) return url.slice(cdnBase.length);
    if (url.startsWith("//")) return undefined;
    if (url.startsWith("/")) return this.#afterSubdirectory(url);
    if (cdnUrl && url.startsWith(`${cdnUrl}/`)) return undefined;
    if (!URL.canParse(url)) return undefined;
    const { host, pathname } = new URL(url);
    // Without a known site any host is taken: the path alone decides, and it cannot lead out of the folder.
    if (siteUrl && host !== new URL(siteUrl).host) return undefined;
    return this.#afterSubdirectory(pathname);
  }

  #afterSubdirectory(path: string): string {
    const inside = path.startsWith(`${this.#subdirectory}/`) ? path.slice(this.#subdirectory.length) : path;
    return inside.slice(1);
  }

  #withoutPrefix(path: string): string {
    const { staticFileURLPrefix } = this.#layout;
    if (path === staticFileURLPrefix) return "";
    if (path.startsWith(`${staticFileURLPrefix}/`)) return path.slice(staticFileURLPrefix.length + 1);
    const marker = `/${staticFileURLPrefix}/`;
    const at = path.startsWith("/") ? path.lastIndexOf(marker) : -1;
    return at === -1 ? path : path.slice(at + marker.length);
  }
}

/** Only these paths come straight from a request, query string and all. */
const isRequestUrl = (path: string): boolean => path.startsWith("/size/") || path.startsWith("size/");

function decode(path: string): string {
  if (!path.includes("%")) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    // Not encoded after all: a "%" that belongs to the name.
    return path;
  }
}

/** Like encodeURI for one segment, with everything encoded that has a meaning in HTML attributes or in a srcset. */
const encodeSegment = (segment: string): string => encodeURIComponent(segment).replaceAll("%40", "@");
