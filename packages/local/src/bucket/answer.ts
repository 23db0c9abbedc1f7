import type { Context } from "@20minutes/s3rver";

/** Answers the request that it was made for. */
export type Answer = () => Promise<void>;

/** The server turns a plain object into XML further out in the chain. */
export function answerXml(context: Context, [root, content]: [root: string, content: object]): void {
  context.status = 200;
  context.body = { [root]: { "@": { xmlns: "http://s3.amazonaws.com/doc/2006-03-01/" }, ...content } };
}
