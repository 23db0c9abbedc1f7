import { PutBucketPolicyCommand, S3Client } from "@aws-sdk/client-s3";
import { AdminApi, type Post } from "@stateless-ghost/local";
import sharp from "sharp";
import type { Release } from "./cluster/release.ts";
import { urlsOf } from "./values.ts";

const ACCOUNT = { name: "Anna", email: "anna@example.com", password: "a long p4ssw0rd!", blogTitle: "A blog" };

/** A post with a picture, as a reader finds it. */
export interface Article {
  readonly id: string;
  readonly path: string;
  readonly title: string;
  /** Path of the picture on the CDN. */
  readonly picture: string;
}

/** The blog as its owner and its readers see it, from outside the cluster. */
export class Blog {
  readonly api: AdminApi;
  readonly urls: ReturnType<typeof urlsOf>;

  constructor(name: string) {
    this.urls = urlsOf(name);
    this.api = new AdminApi(this.urls.blog);
  }

  setUp(): Promise<void> {
    return this.api.setUp(ACCOUNT);
  }

  logIn(): Promise<void> {
    return this.api.logIn(ACCOUNT);
  }

  page(path: string): Promise<Response> {
    return fetch(`${this.urls.blog}${path}`, { redirect: "manual" });
  }

  fromCdn(path: string): Promise<Response> {
    return fetch(`${this.urls.cdn}${path}`);
  }

  async publish(title: string): Promise<Article> {
    const bytes = await sharp({ create: { width: 64, height: 48, channels: 3, background: "teal" } })
      .png()
      .toBuffer();
    const { url } = await this.api.uploadImage({
      name: "picture.png",
      type: "image/png",
      bytes: new Uint8Array(bytes),
    });
    const post: Post = await this.api.createPost({ title, feature_image: url, status: "published" });
    return { id: post.id, path: new URL(post.url).pathname, title, picture: new URL(url).pathname };
  }

  async setTitle(title: string): Promise<void> {
    await this.api.send("PUT", "settings/", { settings: [{ key: "title", value: title }] });
  }
}

/** Lets readers have what lies below `content/`, as the CDN's access to its bucket does. */
export async function openUploads(release: Release, { urls }: Blog): Promise<void> {
  const { data } = await release.kubectl.get("secret", `${release.name}-minio`);
  const decoded = (key: string) => Buffer.from(data[key], "base64").toString();
  const store = new S3Client({
    region: "us-east-1",
    endpoint: urls.store,
    forcePathStyle: true,
    credentials: { accessKeyId: decoded("AWS_ACCESS_KEY_ID"), secretAccessKey: decoded("AWS_SECRET_ACCESS_KEY") },
  });
  const statement = {
    Effect: "Allow",
    Principal: "*",
    Action: "s3:GetObject",
    Resource: "arn:aws:s3:::blog/content/*",
  };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  await store.send(new PutBucketPolicyCommand({ Bucket: "blog", Policy }));
  store.destroy();
}
