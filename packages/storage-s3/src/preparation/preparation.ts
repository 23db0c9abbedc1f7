import type { ByteBudget } from "../upload/budget.ts";
import { presentationOf } from "./content-type.ts";
import type { Keys } from "../paths/keys.ts";
import { objectHeaders } from "./object-headers.ts";
import type { ResolvedOptions } from "../options/options.ts";
import { withoutMetadata } from "./pictures.ts";
import type { Source } from "../upload/source.ts";
import type { ObjectHeaders } from "../store/store.ts";

/** A file as it is going to be stored. */
export interface Prepared {
  /** Its bytes, without what must not be public. It reads from the source that was given. */
  readonly source: Source;
  readonly headers: ObjectHeaders;
  readonly contentType: string;
}

/**
 * Decides how a file is stored: its type by its bytes, headers that keep it inert, metadata removed.
 * @param path relative path, whose ending takes part in the decision
 * @throws {BadRequestError} for a damaged image whose metadata cannot be removed
 */
export async function prepare(
  source: Source,
  path: string,
  options: ResolvedOptions,
  keys: Keys,
  budget: ByteBudget,
): Promise<Prepared> {
  const presentation = await presentationOf(source, path, options.staticFileURLPrefix);
  const strip = options.imageMetadata === "strip" && !keys.isPrivate(path);
  return {
    source: strip ? await withoutMetadata(source, presentation.contentType, path, budget) : source,
    headers: objectHeaders(options, presentation, path),
    contentType: presentation.contentType,
  };
}
