import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { callbackify } from "node:util";
import PostalMime from "postal-mime";
import { SMTPServer } from "smtp-server";

export interface Mail {
  at: number;
  to: string[];
  subject: string;
  text: string;
  html: string;
}

export interface Smtp {
  readonly port: number;
  readonly mails: readonly Mail[];
  /** Those to the address, once there are as many. */
  to(address: string, atLeast?: number, timeoutMs?: number): Promise<Mail[]>;
  clear(): void;
  close(): Promise<void>;
}

/** A mail server that keeps what it is given. */
export async function startSmtp(): Promise<Smtp> {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    // a certificate of its own would be refused
    disabledCommands: ["STARTTLS", "AUTH"],
    onData(stream, session, done) {
      const to = session.envelope.rcptTo.map(({ address }) => address);
      keepThen(stream, to, mails, done);
    },
  });
  // a client that was killed in the middle of a mail
  server.on("error", () => {});
  const listening = server.listen(0, "127.0.0.1");
  await once(listening, "listening");
  return {
    port: (listening.address() as AddressInfo).port,
    mails,
    async to(address, atLeast = 1, timeoutMs = 10_000) {
      for (const deadline = Date.now() + timeoutMs; ; await sleep(50)) {
        const found = mails.filter((mail) => mail.to.includes(address));
        if (found.length >= atLeast || Date.now() > deadline) return found;
      }
    },
    clear: () => void mails.splice(0),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

const keepThen = callbackify(keep);

async function keep(stream: Readable, to: string[], mails: Mail[]): Promise<void> {
  const at = Date.now();
  const raw = Buffer.concat(await stream.toArray());
  const { subject = "", text = "", html = "" } = await PostalMime.parse(raw);
  mails.push({ at, to, subject, text, html });
}
