import { describe, expect, it } from "vitest";
import { archiveOf, isReadable, thawStateOf } from "../../src/store/archive.ts";

const AWAY = 'ongoing-request="true"';
const BACK = 'ongoing-request="false", expiry-date="Fri, 21 Dec 2012 00:00:00 GMT"';

describe("an archived object", () => {
  it.each(["GLACIER", "DEEP_ARCHIVE"])("in %s is readable while the store keeps a copy", (storageClass) => {
    const readable = (header?: string): boolean => isReadable({ storageClass, restore: thawStateOf(header) });
    expect([readable(), readable(AWAY), readable(BACK)]).toEqual([false, false, true]);
  });

  it.each(["STANDARD", "STANDARD_IA", "GLACIER_IR", "INTELLIGENT_TIERING"])("in %s is none", (storageClass) => {
    expect(archiveOf({ storageClass })).toBeUndefined();
    expect(isReadable({ storageClass })).toBe(true);
  });
});
