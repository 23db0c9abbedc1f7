import { Failure } from "./failure.ts";

export interface Account {
  name: string;
  email: string;
  password: string;
  blogTitle: string;
}

export interface UploadFile {
  name: string;
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
}

export interface Uploaded {
  url: string;
  thumbnail_url?: string | null;
}

export interface Post {
  id: string;
  url: string;
  slug: string;
  updated_at: string;
}

/**
 * Ghost's Admin API as the admin's own pages use it, with a session cookie.
 * https://docs.ghost.org/admin-api
 */
export class AdminApi {
  readonly url: string;
  private readonly address: string;
  /** The session. */
  protected cookie = "";

  /** `url`: where visitors find the site. `address`: where requests go, if not there. */
  constructor(url: string, address: string = url) {
    this.url = url;
    this.address = address;
  }

  /** Makes the owner of a new blog, and logs in. */
  async setUp(account: Account): Promise<void> {
    await this.send("POST", "authentication/setup/", { setup: [account] });
    await this.logIn(account);
  }

  async logIn({ email, password }: Pick<Account, "email" | "password">): Promise<void> {
    const answer = await this.request("POST", "session/", JSON.stringify({ username: email, password }));
    this.cookie = answer.headers
      .getSetCookie()
      .map((cookie) => cookie.split(";")[0])
      .join("; ");
    await answer.text();
  }

  async uploadImage(file: UploadFile): Promise<Uploaded> {
    const { images } = await this.upload("images/upload/", { file });
    return images[0];
  }

  async uploadMedia(file: UploadFile, thumbnail?: UploadFile): Promise<Uploaded> {
    const { media } = await this.upload("media/upload/", { file, ...(thumbnail && { thumbnail }) });
    return media[0];
  }

  async replaceThumbnail(mediaUrl: string, file: UploadFile): Promise<Uploaded> {
    const { media } = await this.upload("media/thumbnail/upload/", { file }, { url: mediaUrl }, "PUT");
    return media[0];
  }

  async uploadFile(file: UploadFile): Promise<Uploaded> {
    const { files } = await this.upload("files/upload/", { file });
    return files[0];
  }

  async createPost(post: object): Promise<Post> {
    const { posts } = await this.send("POST", "posts/", { posts: [post] });
    return posts[0];
  }

  async publish({ id, updated_at }: Post): Promise<Post> {
    const { posts } = await this.send("PUT", `posts/${id}/`, { posts: [{ status: "published", updated_at }] });
    return posts[0];
  }

  // The shape of an answer is the API's own and differs with each path.
  async send(method: string, path: string, body?: object): Promise<any> {
    return told(await this.request(method, path, body && JSON.stringify(body)));
  }

  async upload(path: string, files: Record<string, UploadFile>, fields = {}, method = "POST"): Promise<any> {
    const form = new FormData();
    for (const [name, { bytes, type, name: fileName }] of Object.entries(files)) {
      form.append(name, new Blob([bytes], { type }), fileName);
    }
    for (const [name, value] of Object.entries(fields)) form.append(name, String(value));
    return told(await this.request(method, path, form));
  }

  private async request(method: string, path: string, body?: string | FormData): Promise<Response> {
    const { origin, host, protocol } = new URL(this.url);
    const headers: Record<string, string> = { origin, "accept-version": "v6.0" };
    // what a proxy before the site would tell
    if (this.address !== this.url) Object.assign(headers, { host, "x-forwarded-proto": protocol.slice(0, -1) });
    if (this.cookie) headers.cookie = this.cookie;
    if (typeof body === "string") headers["content-type"] = "application/json";
    const address = `${this.address}/ghost/api/admin/${path}`;
    const answer = await fetch(address, { method, headers, ...(body && { body }) });
    if (answer.ok) return answer;
    const text = await answer.text();
    throw new Failure(`${method} ${address} was answered with ${answer.status}: ${reason(text)}`, {
      next: "What Ghost said of it is in its log.",
    });
  }
}

/** What the answer says; some say nothing. */
async function told(answer: Response): Promise<unknown> {
  const text = await answer.text();
  return text === "" ? undefined : JSON.parse(text);
}

function reason(text: string): string {
  try {
    const [error] = JSON.parse(text).errors;
    return [error.message, error.context, error.help].filter(Boolean).join(" ");
  } catch {
    return text.slice(0, 300);
  }
}
