/**
 * The path of a resized image, as Ghost asks for it: `size/w600/2026/11/a.jpg`, `size/w600/format/webp/2026/11/a.jpg`.
 * @see https://github.com/TryGhost/Ghost/blob/main/ghost/core/core/frontend/web/middleware/handle-image-sizes.js
 */
export interface VariantPath {
  /** `w600`, `h200` or `w256h256` */
  readonly size: string;
  /** `webp`, `avif`…, when it differs from what the extension says */
  readonly format: string | undefined;
  /** path of the image that it is made from */
  readonly original: string;
}

const SIZE = /^(?=[wh])(?:w[1-9]\d{0,4})?(?:h[1-9]\d{0,4})?$/;
const VARIANT = /^size\/([^/]+)\/(?:format\/([^./]+)\/)?(.+)$/;

/** Whether a name is a size as Ghost writes it. */
export const isSizeName = (text: string): boolean => SIZE.test(text);

/** Takes a relative path apart; undefined when it is not that of a variant. */
export function parseVariantPath(path: string): VariantPath | undefined {
  const [, size, format, original] = VARIANT.exec(path) ?? [];
  return size && original && isSizeName(size) ? { size, format, original } : undefined;
}

/** The path under which Ghost looks for a variant. */
export function variantPath({ size, format, original }: VariantPath): string {
  return format ? `size/${size}/format/${format}/${original}` : `size/${size}/${original}`;
}

/** Width and height of a size name. */
export function dimensionsOf(size: string): { width: number | undefined; height: number | undefined } {
  const width = /w(\d+)/.exec(size)?.[1];
  const height = /h(\d+)/.exec(size)?.[1];
  return { width: width ? Number(width) : undefined, height: height ? Number(height) : undefined };
}
