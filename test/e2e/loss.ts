import { eventually } from "../integration/replicas/eventually.ts";
import type { Blog } from "./blog.ts";
import { readersOf } from "./readers.ts";

/** Of five disruptions: ten thousand. */
const LEAST_REQUESTS = 2000;

const PER_SECOND = 50;

/** However slow they are. */
const LONGEST_MS = 180_000;

/** Requests of readers that were lost while something was done, and a while before and after. */
export async function lostDuring(name: string, blog: Blog, work: () => Promise<void>): Promise<number> {
  const readers = await readersOf(blog, PER_SECOND);
  await work();
  await eventually("there were enough requests", () => readers.count >= LEAST_REQUESTS, LONGEST_MS);
  const { lost, text } = await readers.stop();
  console.log(`${name}: ${text}`);
  return lost;
}
