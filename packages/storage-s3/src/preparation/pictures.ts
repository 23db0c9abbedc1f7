import { BadRequestError } from "../errors.ts";
import type { ByteBudget } from "../upload/budget.ts";
import { log } from "../observation/log.ts";
import { canStrip, stripMetadata } from "../privacy/strip.ts";
import { loadSharp } from "./sharp.ts";
import { fromBytes, readAll, type Source } from "../upload/source.ts";
import { dimensionsOf, variantPath } from "../paths/variant-path.ts";

/** Extensions that Ghost resizes. @see https://github.com/TryGhost/SDK/blob/main/packages/image-transform/lib/transform.js */
const RESIZABLE = /\.(jpe?g|png|webp|avif|gif)$/i;

/** A resize that takes longer is a hostile or broken image: Ghost's own limit. */
const RESIZE_SECONDS = 10;

export interface VariantSettings {
  readonly sizes: readonly string[];
  readonly formats: readonly ("webp" | "avif")[];
}

export interface Variant {
  readonly path: string;
  readonly bytes: Buffer;
}

/**
 * The image without what it tells of its author. One whose structure cannot be followed is encoded anew.
 * @throws {BadRequestError} when it cannot be decoded either; it may hold a position that nobody would see
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
        return resize(sharp, original, size, format);
      });
      yield { path: variantPath({ size, format, original: path }), bytes };
    }
  }
}

/** @returns bytes of its own, never those of `original` */
async function resize(
  sharp: NonNullable<ReturnType<typeof loadSharp>>,
  original: Buffer,
  size: string,
  format: "webp" | "avif" | undefined,
): Promise<Buffer> {
  const { width, height } = dimensionsOf(size);
  const image = sharp(original, { animated: format !== "avif" })
    .resize({ ...(width && { width }), ...(height && { height }), withoutEnlargement: true })
    .autoOrient()
    .timeout({ seconds: RESIZE_SECONDS });
  if (format) return image.toFormat(format).toBuffer();
  const { format: own } = await image.metadata();
  if (own === "jpeg") image.jpeg({ mozjpeg: true });
  const bytes = await image.toBuffer();
  return bytes.length < original.length ? bytes : Buffer.from(original);
}
