import { styleText } from "node:util";
import type { Io, Output } from "./io.ts";

export type Colour = "green" | "red" | "yellow" | "bold" | "dim";
export type Paint = (colour: Colour, text: string) => string;

/** Colours for one output: only for a terminal, and never against the user's will. @see https://no-color.org */
export function painter(output: Output, env: Io["env"]): Paint {
  const plain = !output.isTTY || Boolean(env["NO_COLOR"]) || env["TERM"] === "dumb";
  return (colour, text) => (plain ? text : styleText(colour, text, { validateStream: false }));
}
