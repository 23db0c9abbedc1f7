import type { IncomingHttpHeaders } from "node:http";
import type { GetConditions } from "../store/store.ts";

/** What a reader's request asks of an object; `ifRange` when the range is only wanted of the version they have. */
export interface RequestConditions extends GetConditions {
  readonly ifRange: boolean;
}

const RANGE = /^bytes=(\d*)-(\d*)$/;

/** Translates the conditions of a request. @see https://www.rfc-editor.org/rfc/rfc9110#name-conditional-requests */
export function conditionsOf(headers: IncomingHttpHeaders): RequestConditions {
  const range = isOneRange(headers.range) ? headers.range : undefined;
  const ifRange = range === undefined ? undefined : headers["if-range"]?.toString();
  const rangeTag = ifRange?.includes('"') ? ifRange : undefined;
  // A weak tag never matches strongly, and what is neither tag nor date never matches: the whole file is right then.
  const unusable = rangeTag ? rangeTag.startsWith("W/") : ifRange !== undefined && !dateOf(ifRange);
  const usableRange = unusable ? undefined : range;
  return {
    range: usableRange,
    ifRange: ifRange !== undefined && usableRange !== undefined,
    ifMatch: usableRange && rangeTag ? rangeTag : headers["if-match"],
    ifUnmodifiedSince: dateOf(usableRange && ifRange && !rangeTag ? ifRange : headers["if-unmodified-since"]),
    ifNoneMatch: headers["if-none-match"],
    // If-None-Match wins over the date.
    ifModifiedSince: headers["if-none-match"] ? undefined : dateOf(headers["if-modified-since"]),
  };
}

/** One range of bytes, as S3 answers it; several at once may be ignored (RFC 9110, 14.2), and one from 5 to 1 must be. */
function isOneRange(header: string | undefined): boolean {
  const [, first, last] = RANGE.exec(header ?? "") ?? [];
  return first || last ? !(first && last && Number(first) > Number(last)) : false;
}

function dateOf(text: string | undefined): Date | undefined {
  const date = new Date(text ?? "");
  return Number.isNaN(date.getTime()) ? undefined : date;
}
