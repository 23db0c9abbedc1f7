import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join, parse, posix } from "node:path";
import type { Adapter, SizesOrder } from "./order.ts";

type Next = (error?: unknown) => void;
interface Request {
  url: string;
}
interface Response {
  status(code: number): { end(body: string): void };
}
interface Express {
  (): RequestListener & { use(...handlers: unknown[]): void };
}
interface ImageTransform {
  resizeFromBuffer(original: Buffer, options: Record<string, unknown>): Promise<Buffer>;
}

export interface SizesServer {
  port: number;
  /** How often a picture was resized so far. */
  resizes(): number;
}

/** The path of a size as a theme asks for it: width, then perhaps a format, then the picture's own path. */
const SIZE_PATH = /^\/size\/w(?<width>\d+)(?:\/format\/(?<format>[^./]+))?(?<picture>\/.+)$/;

/** Ghost gives a resize this long (RESIZE_TIMEOUT_SECONDS in handle-image-sizes.js). */
const RESIZE_SECONDS = 10;

/**
 * Answers /content/images as Ghost does, with the adapter and with Ghost's own express and image-transform:
 * the steps and their order are those of core/frontend/web/middleware/handle-image-sizes.js.
 */
export async function serveSizes(adapter: Adapter, order: SizesOrder): Promise<SizesServer> {
  const require = createRequire(join(order.ghost, "package.json"));
  const express = require("express") as Express;
  const transform = require("@tryghost/image-transform") as ImageTransform;
  let resizes = 0;

  const makeSize = async (url: string): Promise<void> => {
    const { width, format, picture } = SIZE_PATH.exec(url)?.groups ?? {};
    if (picture === undefined || (await adapter.exists(url))) return;
    const original = await adapter.read({ path: await originalOf(adapter, picture) });
    resizes += 1;
    const resized = await transform.resizeFromBuffer(original, {
      withoutEnlargement: true,
      width: Number(width),
      format: format ?? null,
      timeout: RESIZE_SECONDS,
    });
    await adapter.saveRaw(resized, url);
  };

  const app = express();
  app.use(
    "/content/images",
    async (request: Request, _response: Response, next: Next) => {
      try {
        await makeSize(request.url);
      } catch (error) {
        return next(error);
      }
      next();
    },
    adapter.serve(),
  );
  app.use((error: Error, _request: Request, response: Response, _next: Next) => {
    response.status(500).end(error.message);
  });
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, resizes: () => resizes };
}

/** The untouched upload if there is one, under its present or its older name; otherwise the picture itself. */
async function originalOf(adapter: Adapter, picture: string): Promise<string> {
  const { dir, name, ext } = parse(picture);
  const present = posix.join(dir, `${name}_o${ext}`);
  if (await adapter.exists(present)) return present;
  const [, stem, count = ""] = /^(.+?)(-\d+)?$/.exec(name) ?? [];
  const older = posix.join(dir, `${stem}_o${count}${ext}`);
  return (await adapter.exists(older)) ? older : picture;
}
