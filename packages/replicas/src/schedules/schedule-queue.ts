/** What Ghost asks a scheduling adapter to do: a request at a time. */
export interface ScheduledRequest {
  /** Milliseconds since 1970, UTC. */
  readonly time: number;
  /** Carries a token that was signed for this time. */
  readonly url: string;
  readonly extra?: { readonly httpMethod?: string };
}

export interface Entry {
  readonly key: string;
  /** The post or page that it publishes; undefined for the others. */
  readonly postId: string | undefined;
  readonly time: number;
  /** The latest one: its token is of the latest key. */
  request: ScheduledRequest;
  /** Attempts that failed. */
  failures: number;
  /** When it is to be fired, in ms since 1970. */
  at: number;
}

const POST = /\/schedules\/(?:posts|pages)\/([^/]+)\/?$/;

/** Requests that are to be made, one for each post. Times are those of the database's clock. */
export class ScheduleQueue {
  readonly #entries = new Map<string, Entry>();
  readonly #firing = new Set<string>();

  /** Adds a request; another time for the same post replaces it, the same time leaves its failures as they are. */
  put(request: ScheduledRequest): void {
    const { key, postId } = identify(request);
    const known = this.#entries.get(key);
    if (known?.time === request.time) known.request = request;
    else this.#entries.set(key, { key, postId, time: request.time, request, failures: 0, at: request.time });
  }

  remove(request: ScheduledRequest): void {
    const { key } = identify(request);
    if (this.#entries.get(key)?.time === request.time) this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  get firing(): number {
    return this.#firing.size;
  }

  /** Entries whose time has come, the earliest first. */
  due(now: number): Entry[] {
    return this.#ready()
      .filter(({ at }) => at <= now)
      .toSorted((a, b) => a.at - b.at);
  }

  /** When the next one is to be fired, in ms since 1970. */
  nextAt(): number | undefined {
    const ready = this.#ready();
    return ready.length > 0 ? Math.min(...ready.map(({ at }) => at)) : undefined;
  }

  begin({ key }: Entry): void {
    this.#firing.add(key);
  }

  /** After an attempt. @param at when the next one is to follow; none: it is over */
  end(entry: Entry, at?: number): void {
    this.#firing.delete(entry.key);
    if (at !== undefined) entry.at = at;
    else if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
  }

  #ready(): Entry[] {
    return [...this.#entries.values()].filter(({ key }) => !this.#firing.has(key));
  }
}

function identify({ url, time }: ScheduledRequest): { key: string; postId: string | undefined } {
  const { pathname } = new URL(url);
  const postId = POST.exec(pathname)?.[1];
  return postId === undefined ? { key: `${pathname} ${time}`, postId } : { key: pathname, postId };
}
