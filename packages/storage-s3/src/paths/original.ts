/** The suffix of the original that Ghost keeps beside a resized upload: `photo_o.jpg` beside `photo.jpg`. */
const SUFFIX = /_o(\.\w+)$/;

/** Whether the name is that of an original; only images have originals. */
export const isOriginal = (path: string): boolean => SUFFIX.test(path);

/** The path of the image to which an original belongs; any other path as it is. */
export const withoutOriginal = (path: string): string => path.replace(SUFFIX, "$1");

/** Whether a feature has originals. */
export const hasOriginals = (prefix: string): boolean => prefix.endsWith("/images");
