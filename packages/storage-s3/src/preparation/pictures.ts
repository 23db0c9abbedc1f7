import pLimit from "p-limit";
import type { FormatEnum } from "sharp";
import { BadRequestError } from "../errors.ts";
import type { ByteBudget } from "../upload/budget.ts";
import { log } from "../observation/log.ts";
import { canStrip, stripMetadata } from "../privacy/strip.ts";
import { loadSharp } from "./sharp.ts";
import { fromBytes, readAll, type Source } from "../upload/source.ts";
import { dimensionsOf, variantPath, type VariantPath } from "../paths/variant-path.ts";

/** Extensions that Ghost resizes. @see https://github.com/TryGhost/SDK/blob/main/packages/image-transform/lib/transform.js */
const RESIZABLE = /\.(jpe?g|png|webp|avif|gif)$/i;

/** A resize that takes longer is a hostile or broken image: Ghost's own limit. */
const RESIZE_SECONDS = 10;

/** Resizes at a time: more would keep the threads that read files and look up names from everybody else. */
const resizing = pLimit(2);

export interface VariantSettings {
  readonly sizes: readonly string[];
  readonly formats: readonly ("webp" | "avif")[];
}

export interface Variant {
  readonly path: string;
  readonly bytes: Buffer;
}

/** Types whose metadata is gone up to the place where the structure breaks; cameras write theirs at the beginning. */
const STRIPPED_UP_TO_DAMAGE = /^image\/(jpeg|png|apng|gif)$/;

/**
 * The image without what it tells of its author. One whose structure cannot be followed is encoded anew; one that
 * cannot be decoded either loses what was found before the damage, so that one broken picture spoils no import.
 * @throws {BadRequestError} for a damaged WebP, AVIF or HEIF: these are stripped as a whole or not at all
 */
export async function withoutMetadata(source: Source, type: string, name: string, budget: ByteBudget): Promise<Source> {
  if (!canStrip(type)) return source;
  const { source: clean, complete, reason } = await stripMetadata(source, type);
  if (complete) return clean;
  const sharp = loadSharp();
  try {
    if (!sharp) throw new Error("sharp is not installed");
    return await budget.hold(source.size * 2, async () => {
      const image = sharp(await readAll(source), { animated: true, failOn: "none" }).timeout({
        seconds: RESIZE_SECONDS,
      });
      const bytes = await image.autoOrient().keepIccProfile().toBuffer();
      log("warn", `encoded a damaged image anew (${reason})`, { operation: "strip", key: name });
      return fromBytes(bytes);
    });
  } catch (error) {
    if (STRIPPED_UP_TO_DAMAGE.test(type)) {
      log("warn", `stored a damaged image without the metadata before the damage (${reason})`, {
        operation: "strip",
        key: name,
      });
      return clean;
    }
    throw new BadRequestError({
      err: error as Error,
      message: `The image "${name}" is damaged: its metadata, which may hold a position, cannot be removed. It was not stored.`,
      context: reason ?? "",
      help: 'Save it again with an image program, or set imageMetadata to "keep".',
    });
  }
}

/** Whether Ghost would ask for sizes of this file. */
export const isResizable = (path: string): boolean => RESIZABLE.test(path);

/**
 * Makes the sizes of an image as Ghost makes them on demand: oriented, never enlarged, animation kept where the format
 * can, the original's bytes when they are smaller. One after the other, and the original is read anew for each: who
 * kept its memory while a size is stored, which takes memory too, could wait for ever.
 */
export async function* makeVariants(
  source: Source,
  path: string,
  settings: VariantSettings,
  budget: ByteBudget,
): AsyncGenerator<Variant> {
  const sharp = loadSharp();
  if (!sharp) {
    log("warn", "sharp is not installed: no sizes were made", { operation: "variants", key: path });
    return;
  }
  for (const format of [undefined, ...settings.formats]) {
    for (const size of settings.sizes) {
      const bytes = await budget.lend(source.size, async (original) => {
        await source.read(original, 0);
        return resizing(() => tryResize(sharp, original, { size, format, original: path }));
      });
      if (!bytes) return;
      yield { path: variantPath({ size, format, original: path }), bytes };
    }
  }
}

/** An image that cannot be resized is still an image that was uploaded; Ghost shows it without sizes. */
async function tryResize(
  sharp: NonNullable<ReturnType<typeof loadSharp>>,
  original: Buffer,
  { size, format, original: path }: VariantPath,
): Promise<Buffer | undefined> {
  try {
    return await resize(sharp, original, size, format);
  } catch (error) {
    log("warn", "no sizes can be made", { operation: "variants", key: path, error: (error as Error).message });
    return undefined;
  }
}

/** @returns bytes of its own, never those of `original` */
async function resize(
  sharp: NonNullable<ReturnType<typeof loadSharp>>,
  original: Buffer,
  size: string,
  format: string | undefined,
): Promise<Buffer> {
  const { width, height } = dimensionsOf(size);
  const image = sharp(original, { animated: format !== "avif" })
    .resize({ ...(width && { width }), ...(height && { height }), withoutEnlargement: true })
    .autoOrient()
    .timeout({ seconds: RESIZE_SECONDS });
  if (format) return image.toFormat(format as keyof FormatEnum).toBuffer();
  const { format: own } = await image.metadata();
  if (own === "jpeg") image.jpeg({ mozjpeg: true });
  const bytes = await image.toBuffer();
  return bytes.length < original.length ? bytes : Buffer.from(original);
}
