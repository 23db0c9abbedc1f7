import type { Case } from "./case.ts";
import { equalNames, nextName } from "./names.ts";
import { sizes } from "./sizes.ts";
import { atOnce, images, video } from "./speed.ts";

/** Every case, in the report's order. */
export const CASES: Case[] = [
  video(0),
  video(20),
  video(80),
  atOnce(),
  images(0),
  images(20),
  equalNames(),
  nextName(),
  sizes(),
];
