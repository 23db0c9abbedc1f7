import { AdminApi, type Post, type UploadFile } from "@stateless-ghost/local";

/** What the Admin API holds lists of, by the names in its paths. */
export type Kind =
  | "custom_theme_settings"
  | "emails"
  | "integrations"
  | "members"
  | "newsletters"
  | "offers"
  | "pages"
  | "posts"
  | "recommendations"
  | "themes"
  | "tiers"
  | "webhooks";

// The shape of an item is the API's own and differs with each kind.
export type Item = Record<string, any>;

/** The newsletter that a new blog has. */
export const NEWSLETTER = "default-newsletter";

/** What an owner does with a site beyond writing posts. */
export class SiteApi extends AdminApi {
  /** The same session through another address, such as that of one of the site's processes. */
  at(address: string): SiteApi {
    const other = new SiteApi(this.url, address);
    other.cookie = this.cookie;
    return other;
  }

  async list(kind: Kind, query: Record<string, string> = {}): Promise<Item[]> {
    const answer = await this.send("GET", `${kind}/?${new URLSearchParams({ limit: "all", ...query })}`);
    return answer[kind];
  }

  async read(kind: Kind, id: string, query: Record<string, string> = {}): Promise<Item> {
    const answer = await this.send("GET", `${kind}/${id}/?${new URLSearchParams(query)}`);
    return answer[kind][0];
  }

  async add(kind: Kind, item: object, query: Record<string, string> = {}): Promise<Item> {
    const answer = await this.send("POST", `${kind}/?${new URLSearchParams(query)}`, { [kind]: [item] });
    return answer[kind][0];
  }

  async edit(kind: Kind, id: string, item: object, query: Record<string, string> = {}): Promise<Item> {
    const answer = await this.send("PUT", `${kind}/${id}/?${new URLSearchParams(query)}`, { [kind]: [item] });
    return answer[kind][0];
  }

  async remove(kind: Kind, id: string): Promise<void> {
    await this.send("DELETE", `${kind}/${id}/`);
  }

  async editSettings(values: Record<string, unknown>): Promise<void> {
    const settings = Object.entries(values).map(([key, value]) => ({ key, value }));
    await this.send("PUT", "settings/", { settings });
  }

  async settings(): Promise<Record<string, unknown>> {
    const { settings } = await this.send("GET", "settings/");
    return Object.fromEntries(settings.map(({ key, value }: Item) => [key, value]));
  }

  async uploadTheme({ name, zip }: { name: string; zip: Uint8Array<ArrayBuffer> }): Promise<void> {
    await this.upload("themes/upload/", { file: { name: `${name}.zip`, type: "application/zip", bytes: zip } });
  }

  async activateTheme(name: string): Promise<void> {
    await this.send("PUT", `themes/${name}/activate/`);
  }

  async editThemeSettings(values: Record<string, unknown>): Promise<void> {
    const settings = Object.entries(values).map(([key, value]) => ({ key, value }));
    await this.send("PUT", "custom_theme_settings/", { custom_theme_settings: settings });
  }

  async uploadRoutes(yaml: string): Promise<void> {
    await this.upload("settings/routes/yaml/", { routes: text("routes.yaml", "application/yaml", yaml) });
  }

  async uploadRedirects(redirects: readonly { from: string; to: string; permanent?: boolean }[]): Promise<void> {
    const json = JSON.stringify(redirects);
    await this.upload("redirects/upload/", { redirects: text("redirects.json", "application/json", json) });
  }

  /** Answers with what the API says of it: done, or going on. */
  importMembers(csv: string): Promise<Item> {
    return this.upload("members/upload/", { membersfile: text("members.csv", "text/csv", csv) });
  }

  /** Answers with the id of the import, which goes on. */
  importPosts(csv: string): Promise<Item> {
    return this.upload("posts/upload/", { postsfile: text("posts.csv", "text/csv", csv) });
  }

  /** With its `api_keys`: of type `admin` and `content`. */
  addIntegration(name: string): Promise<Item> {
    return this.add("integrations", { name }, { include: "api_keys,webhooks" });
  }

  addWebhook(integration: Item, event: string, url: string): Promise<Item> {
    return this.add("webhooks", { event, target_url: url, name: event, integration_id: integration.id });
  }

  /** A draft with a paragraph of text. */
  draft(title: string, post: object = {}): Promise<Post> {
    return this.createPost({ title, lexical: paragraph(`This is ${title}.`), status: "draft", ...post });
  }

  /** Publishes a post at once, and sends it to the newsletter's members. */
  async sendOut(post: Post, newsletter: string = NEWSLETTER): Promise<Post> {
    return this.change(post, { status: "published" }, { newsletter, email_segment: "all" });
  }

  /** Publishes a post later; with a newsletter, also sends it then. */
  async schedule(post: Post, at: Date, newsletter?: string): Promise<Post> {
    const query = newsletter ? { newsletter, email_segment: "all" } : {};
    return this.change(post, { status: "scheduled", published_at: at.toISOString() }, query);
  }

  async change({ id, updated_at }: Post, values: object, query: Record<string, string> = {}): Promise<Post> {
    return (await this.edit("posts", id, { ...values, updated_at }, query)) as Post;
  }
}

function text(name: string, type: string, content: string): UploadFile {
  return { name, type, bytes: Buffer.from(content) };
}

function paragraph(content: string): string {
  const node = { type: "text", version: 1, text: content, detail: 0, format: 0, mode: "normal", style: "" };
  const common = { direction: "ltr", format: "", indent: 0, version: 1 };
  return JSON.stringify({
    root: { type: "root", ...common, children: [{ type: "paragraph", ...common, children: [node] }] },
  });
}
