import { describe, expect, test, vi } from "vitest";
import { remove } from "../../src/commands/gc/removal.ts";
import type { StoredObject } from "../../src/commands/gc/stored-object.ts";
import type { Store } from "../../src/store/store.ts";

const signal = new AbortController().signal;

const refusal = (status: number): Error =>
  Object.assign(new Error("refused"), { $metadata: { httpStatusCode: status } });

function objectsIn(store: object, count: number): StoredObject[] {
  return Array.from({ length: count }, (_, index) => ({ store: store as Store, key: `key-${index}` }) as StoredObject);
}

const refuseOne = async (): Promise<object> => ({
  Errors: [{ Key: "key-1", Code: "AccessDenied", Message: "no" }],
});

describe("a removal", () => {
  test("goes in batches of a thousand", async () => {
    const send = vi.fn<(command: { input: { Delete: { Objects: unknown[] } } }) => Promise<object>>(async () => ({}));
    const { deleted, failed } = await remove(objectsIn({ client: { send } }, 2500), signal, () => undefined);
    expect(send.mock.calls.map(([{ input }]) => input.Delete.Objects.length)).toEqual([1000, 1000, 500]);
    expect([deleted.length, failed]).toEqual([2500, []]);
  });

  test("tells what was refused, and goes on", async () => {
    const { deleted, failed } = await remove(objectsIn({ client: { send: refuseOne } }, 3), signal, () => undefined);
    expect(deleted.map(({ key }) => key)).toEqual(["key-0", "key-2"]);
    expect(failed).toEqual([{ key: "key-1", reason: "AccessDenied no" }]);
  });

  test("goes one by one where a store knows no batches", async () => {
    const gone: string[] = [];
    const store = {
      client: { send: () => Promise.reject(refusal(501)) },
      delete: (key: string) => (key === "key-3" ? Promise.reject(new Error("locked")) : gone.push(key)),
    };
    const { deleted, failed } = await remove(objectsIn(store, 20), signal, () => undefined);
    expect([gone.length, deleted.length]).toEqual([19, 19]);
    expect(failed).toEqual([{ key: "key-3", reason: "locked" }]);
  });

  test("deletes nothing more when a batch is forbidden", async () => {
    const store = {
      client: { send: () => Promise.reject(refusal(403)) },
      delete: vi.fn<() => void>(),
      failed: () => new Error("forbidden"),
    };
    const { deleted, failed } = await remove(objectsIn(store, 2), signal, () => undefined);
    expect(store.delete).not.toHaveBeenCalled();
    expect([deleted, failed.length]).toEqual([[], 2]);
  });
});
