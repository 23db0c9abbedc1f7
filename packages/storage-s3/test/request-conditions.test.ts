import { describe, expect, test } from "vitest";
import { spanOf } from "../src/reading/body.ts";
import { conditionsOf } from "../src/reading/request-conditions.ts";

const DATE = "Wed, 21 Oct 2026 07:28:00 GMT";

describe("a range", () => {
  test.each(["bytes=0-1", "bytes=100-", "bytes=-500"])("%s is passed on", (range) => {
    expect(conditionsOf({ range })).toMatchObject({ range, ifRange: false });
  });

  test.each(["bytes=0-1,5-6", "bytes=", "bytes=-", "items=0-1", "bytes=a-b", "bytes=1-2x", "bytes=5-1"])(
    "%s is ignored: the whole file is a right answer",
    (range) => {
      expect(conditionsOf({ range }).range).toBeUndefined();
    },
  );

  test("with If-Range holds for that version only", () => {
    const conditions = conditionsOf({ range: "bytes=0-1", "if-range": '"tag"' });
    expect(conditions).toMatchObject({ range: "bytes=0-1", ifRange: true, ifMatch: '"tag"' });
  });

  test("with a date in If-Range holds for files not changed since", () => {
    const conditions = conditionsOf({ range: "bytes=0-1", "if-range": DATE });
    expect(conditions).toMatchObject({ range: "bytes=0-1", ifRange: true, ifUnmodifiedSince: new Date(DATE) });
    expect(conditions.ifMatch).toBeUndefined();
  });

  test("with a weak tag is not for this file", () => {
    const conditions = conditionsOf({ range: "bytes=0-1", "if-range": 'W/"tag"' });
    expect(conditions.range).toBeUndefined();
    expect(conditions.ifMatch).toBeUndefined();
  });

  test("If-Range without a range means nothing", () => {
    expect(conditionsOf({ "if-range": '"tag"' })).toMatchObject({ ifRange: false, ifMatch: undefined });
  });
});

test("If-None-Match wins over If-Modified-Since", () => {
  expect(conditionsOf({ "if-none-match": '"a"', "if-modified-since": DATE })).toMatchObject({
    ifNoneMatch: '"a"',
    ifModifiedSince: undefined,
  });
  expect(conditionsOf({ "if-modified-since": DATE }).ifModifiedSince).toEqual(new Date(DATE));
  expect(conditionsOf({ "if-modified-since": "yesterday" }).ifModifiedSince).toBeUndefined();
});

test.each([
  ["bytes 5-9/100", 5, { first: 5, last: 9 }],
  [undefined, 100, { first: 0, last: 99 }],
  ["bytes 99-99/100", 1, { first: 99, last: 99 }],
])("the span of %s with %d bytes", (header, length, span) => {
  expect(spanOf(header, length)).toEqual(span);
});
