import { beforeHeaders, type Handler } from "./handler.ts";

/** A connection that waits for its next request would be reset at the end; its client is told to open another one. */
export function politeClose(draining: () => boolean): Handler {
  return (_request, response, next) => {
    beforeHeaders(response, () => {
      if (draining()) response.setHeader("Connection", "close");
    });
    next();
  };
}
