import { setTimeout as sleep } from "node:timers/promises";
import { formOf, startSinkServer, type Answer, type Call } from "./server.ts";

/** One call of the messages API: a batch. */
export interface MailgunMessage {
  /** As answered. */
  id: string;
  /** Milliseconds since 1970 at which the call came in. */
  at: number;
  subject: string;
  html: string;
  recipients: string[];
  /** Ghost's id of the e-mail. */
  emailId: string | undefined;
}

/** An event to be told through the events API, as Mailgun would word it. */
export interface MailgunEvent {
  event: "delivered" | "opened" | "failed" | "unsubscribed" | "complained";
  recipient: string;
  emailId: string;
  messageId: string;
  /** Seconds since 1970. */
  timestamp: number;
}

export interface Mailgun {
  readonly url: string;
  /** Batches that were accepted, in order. */
  readonly messages: readonly MailgunMessage[];
  /** Calls of the events API. */
  readonly eventCalls: readonly { at: number; url: string }[];
  /** What the events API tells from now on. */
  readonly events: MailgunEvent[];
  /** How often each address was sent the message, or any message. */
  counts(emailId?: string): Map<string, number>;
  /** Each answer waits this long; the message counts from the moment it came in. */
  delay(ms: number): void;
  /** Answers these statuses to the next calls that send, one each, and accepts nothing by them. */
  fail(...statuses: number[]): void;
  /** Forgets all messages. */
  clear(): void;
  close(): Promise<void>;
}

/** Stands in for Mailgun: what Ghost calls of its API, with the recipients counted. */
export async function startMailgun(): Promise<Mailgun> {
  const messages: MailgunMessage[] = [];
  const eventCalls: { at: number; url: string }[] = [];
  const events: MailgunEvent[] = [];
  const failures: number[] = [];
  let delayMs = 0;
  let sent = 0;

  const accept = async (call: Call): Promise<Answer> => {
    const at = Date.now();
    const form = await formOf(call);
    const failure = failures.shift();
    if (failure !== undefined) {
      await sleep(delayMs);
      return { status: failure, body: { message: "refused on purpose" } };
    }
    sent += 1;
    const id = `<${sent}@mail.example.com>`;
    messages.push({
      id,
      at,
      subject: text(form, "subject"),
      html: text(form, "html"),
      recipients: form.getAll("to").flatMap((to) => String(to).split(",")),
      emailId: text(form, "v:email-id") || undefined,
    });
    await sleep(delayMs);
    return { body: { id, message: "Queued. Thank you." } };
  };

  const server = await startSinkServer((call) => {
    const path = call.url.pathname;
    if (call.method === "POST" && path.endsWith("/messages")) return accept(call);
    if (call.method === "GET" && path.includes("/events")) {
      eventCalls.push({ at: Date.now(), url: call.url.href });
      return { body: eventsPage(server.url, call, events) };
    }
    // suppressions of an address that is none
    return { status: 404, body: { message: "not found" } };
  });

  return {
    url: server.url,
    messages,
    eventCalls,
    events,
    counts(emailId) {
      const counts = new Map<string, number>();
      for (const message of messages) {
        if (emailId !== undefined && message.emailId !== emailId) continue;
        for (const address of message.recipients) counts.set(address, (counts.get(address) ?? 0) + 1);
      }
      return counts;
    },
    delay: (ms) => (delayMs = ms),
    fail: (...statuses) => void failures.push(...statuses),
    clear: () => void messages.splice(0),
    close: () => server.close(),
  };
}

function text(form: FormData, name: string): string {
  return String(form.get(name) ?? "");
}

/** All events are on the first page; the one behind it is empty, as at the end of Mailgun's. */
function eventsPage(base: string, call: Call, events: readonly MailgunEvent[]): object {
  const first = !call.url.pathname.endsWith("/end");
  const begin = Number(call.url.searchParams.get("begin") ?? 0);
  const wanted = call.url.searchParams.get("event");
  const items = first ? events.filter((e) => e.timestamp >= begin && (!wanted || wanted.includes(e.event))) : [];
  const path = call.url.pathname.replace(/\/end$/, "");
  const page = `${base}${path}/end`;
  return {
    items: items.map(({ event, recipient, emailId, messageId, timestamp }, index) => ({
      id: `event-${index}`,
      event,
      recipient,
      timestamp,
      severity: event === "failed" ? "permanent" : undefined,
      message: { headers: { "message-id": messageId.replace(/[<>]/g, "") } },
      "user-variables": { "email-id": emailId },
    })),
    paging: { next: page, previous: page, first: page, last: page },
  };
}
