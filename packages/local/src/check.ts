import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AdminApi, type Post } from "./admin-api.ts";
import { startBlog, type Blog, type BlogOptions } from "./blog.ts";
import { publish, uploadPdf, uploadPictures, uploadVideo, type Article } from "./check/article.ts";
import { requireEqual } from "./check/mismatch.ts";
import { readPage } from "./check/page.ts";
import { requireCdnOnly, visitImages, visitOriginal, visitPdf, visitVideo } from "./check/visit.ts";

const OWNER = {
  name: "The Owner",
  email: "owner@example.com",
  password: "a pass phrase of this check",
  blogTitle: "A blog under test",
};

/** Does a step and tells of it; what the step answers may begin with a remark to show. */
export type Step = <T>(title: string, work: () => Promise<T>, remark?: (result: T) => string) => Promise<T>;

export type CheckOptions = Omit<BlogOptions, "state" | "ports">;

/** The main job of the project, done once from the outside, on free ports and with a state that is thrown away. */
export async function check(options: CheckOptions, step: Step): Promise<void> {
  const state = await mkdtemp(join(tmpdir(), "stateless-ghost-check-"));
  let blog: Blog | undefined;
  try {
    blog = await step(
      "boot the blog on free ports",
      () => startBlog({ ...options, state, ports: { blog: 0, cdn: 0, s3: 0 } }),
      ({ url }) => url,
    );
    const { article, post } = await write(blog, step);
    await read(blog, article, post, step);
    await restart(blog, step);
    const before = blog.edge.counts.second;
    await read(blog, article, post, step, "again, ");
    const asked = blog.edge.counts.second - before;
    await step("the second reading asked Ghost for no upload", async () => requireEqual("requests to Ghost", asked, 0));
  } finally {
    await blog?.stop();
    await rm(state, { recursive: true, force: true });
  }
}

async function write(blog: Blog, step: Step): Promise<{ article: Article; post: Post }> {
  const api = new AdminApi(blog.url);
  await step("set the blog up over the Admin API", () => api.setUp(OWNER));
  const pictures = await step("upload a JPEG with GPS data and an SVG", () => uploadPictures(api));
  const film = await step("upload a 30 MB video with a thumbnail", () => uploadVideo(api));
  const paper = await step("upload a PDF", () => uploadPdf(api));
  const article = { ...pictures, ...film, ...paper };
  const post = await step(
    "write a post with all of them and publish it",
    () => publish(api, article),
    ({ url }) => url,
  );
  await step("the untouched original shows no place", () => visitOriginal(article), String);
  return { article, post };
}

async function read(blog: Blog, article: Article, post: Post, step: Step, again = ""): Promise<void> {
  const cdn = blog.edge.url;
  const page = await step(
    `${again}read the post as a visitor`,
    async () => {
      const found = await readPage(post.url);
      return { ...found, count: requireCdnOnly(found, cdn) };
    },
    ({ count }) => `${count} addresses of uploads, all on the CDN`,
  );
  await step(
    `${again}every image and srcset candidate`,
    () => visitImages(page, article),
    ({ pictures, sizes }) => `${pictures} pictures, ${sizes} of them resized`,
  );
  await step(`${again}the video by Range and whole, its thumbnail`, () => visitVideo(page, article, cdn));
  await step(`${again}the PDF`, () => visitPdf(page, article, cdn));
}

async function restart(blog: Blog, step: Step): Promise<void> {
  await step("stop Ghost, empty its content folder and the CDN's cache", async () => {
    await blog.stopGhost();
    await blog.emptyContent();
    blog.edge.clear();
  });
  await step("start Ghost again", () => blog.startGhost());
}
