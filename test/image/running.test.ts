import { GHOST_VERSION } from "@stateless-ghost/local";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Minio } from "../integration/commands/bucket.ts";
import { ACCOUNT } from "../integration/replicas/cluster/cluster.ts";
import { startMysql, type Mysql } from "../integration/replicas/cluster/mysql.ts";
import { answersWell } from "../integration/replicas/cluster/probe.ts";
import { SiteApi } from "../integration/replicas/cluster/site-api.ts";
import { eventually } from "../integration/replicas/eventually.ts";
import { makeTheme } from "../integration/replicas/themes.ts";
import { picture } from "../integration/pictures.ts";
import { describeWith, docker } from "../needs.ts";
import { CDN, makeBlog, type ImageBlog } from "./blog.ts";
import { Container } from "./container.ts";
import { buildImage } from "./images.ts";
import { documentedFolders } from "./writable.ts";

describeWith([docker], "a container that can write in the documented folders only", () => {
  let mysql: Mysql;
  let minio: Minio;
  let blog: ImageBlog;
  let image: string;
  let container: Container | undefined;

  beforeAll(async () => {
    [mysql, minio, image] = await Promise.all([startMysql(), Minio.start(), buildImage(GHOST_VERSION)]);
    blog = await makeBlog(mysql, minio);
  });

  afterAll(async () => {
    await container?.remove();
    await minio?.stop();
    await mysql?.stop();
  });

  async function startAnew(): Promise<SiteApi> {
    await container?.remove();
    container = await Container.create({ image, env: blog.env, writable: await documentedFolders("ghost") });
    await container.start();
    await container.answers(blog.address, "/", blog.url);
    await eventually("it is ready", () => answersWell(`${blog.health}/readyz`), 30_000);
    return new SiteApi(blog.url, blog.address);
  }

  test("starts on an empty database, and keeps uploads and themes in the buckets", async () => {
    const api = await startAnew();
    await api.setUp(ACCOUNT);
    const bytes = new Uint8Array(await picture("jpeg"));
    const { url } = await api.uploadImage({ name: "a.jpg", type: "image/jpeg", bytes });
    const key = url.slice(`${CDN}/`.length);
    expect(url).toMatch(new RegExp(`^${CDN}/content/images/.*a\\.jpg$`));
    expect(await blog.uploads.keys()).toContain(key);
    await api.uploadTheme(makeTheme("from-the-container"));
    await api.activateTheme("from-the-container");
    expect(await blog.content.keys()).toContainEqual(expect.stringMatching(/^replicas\/themes\/from-the-container\//));
  });

  test("ends well when it is told to", async () => {
    expect(await container?.end("SIGTERM")).toBe(0);
  });

  test("has everything again in a container that starts with nothing", async () => {
    await startAnew();
    const { host } = new URL(blog.url);
    const page = await fetch(blog.address, { headers: { host, "x-forwarded-proto": "https" } });
    expect(await page.text()).toContain("marker: from-the-container");
  });

  test("deletes all content when it is asked to, of which Ghost writes a copy first", async () => {
    const api = new SiteApi(blog.url, blog.address);
    await api.logIn(ACCOUNT);
    await api.publish(await api.draft("To be deleted"));
    await api.send("DELETE", "db/");
    expect(await api.list("posts")).toEqual([]);
  });
});
