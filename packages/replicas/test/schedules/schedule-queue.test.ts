import { expect, test } from "vitest";
import { ScheduleQueue } from "../../src/schedules/schedule-queue.ts";

const post = (id: string, time: number, token = "t") => ({
  time,
  url: `https://blog.example/sub/ghost/api/admin/schedules/posts/${id}/?token=${token}`,
});
const poll = (time: number) => ({ time, url: "https://blog.example/ghost/api/admin/automations/poll?token=t" });

test("requests are due at their time, the earliest first", () => {
  const queue = new ScheduleQueue();
  queue.put(post("b", 20));
  queue.put(post("a", 10));
  queue.put(post("c", 30));
  expect(queue.nextAt()).toBe(10);
  expect(queue.due(20).map(({ postId }) => postId)).toEqual(["a", "b"]);
});

test("a post has one time, the last that was named; a poll may have several", () => {
  const queue = new ScheduleQueue();
  queue.put(post("a", 10));
  queue.put(post("a", 50));
  queue.put(poll(20));
  queue.put(poll(30));
  expect(queue.due(40).map(({ time }) => time)).toEqual([20, 30]);
  // of the time before
  queue.remove(post("a", 10));
  expect(queue.due(50)).toHaveLength(3);
  queue.remove(post("a", 50));
  expect(queue.due(50)).toHaveLength(2);
});

test("the same time again brings a new token, and leaves the failures and the next attempt as they are", () => {
  const queue = new ScheduleQueue();
  queue.put(post("a", 10));
  const [entry] = queue.due(10);
  queue.begin(entry!);
  entry!.failures = 1;
  queue.end(entry!, 100);
  queue.put(post("a", 10, "new"));
  expect(queue.due(50)).toEqual([]);
  expect(queue.due(100)).toMatchObject([{ failures: 1, request: { url: post("a", 10, "new").url } }]);
});

test("a post that is being fired is not fired a second time, also not for another time", () => {
  const queue = new ScheduleQueue();
  queue.put(post("a", 10));
  const [entry] = queue.due(10);
  queue.begin(entry!);
  queue.put(post("a", 12));
  expect(queue.due(20)).toEqual([]);
  expect(queue.nextAt()).toBeUndefined();
  queue.end(entry!);
  expect(queue.due(20)).toMatchObject([{ time: 12 }]);
});

test("a page is a post", () => {
  const queue = new ScheduleQueue();
  queue.put({ time: 1, url: "https://blog.example/ghost/api/admin/schedules/pages/p/?token=t" });
  expect(queue.due(1)[0]?.postId).toBe("p");
});
