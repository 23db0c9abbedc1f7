import { startHooks, type Hooks } from "./hooks.ts";
import { startMailgun, type Mailgun } from "./mailgun.ts";
import { startSmtp, type Smtp } from "./smtp.ts";
import { Stripe } from "./stripe.ts";

/** All that Ghost talks to beyond its database and its bucket. */
export interface Sinks {
  mailgun: Mailgun;
  smtp: Smtp;
  hooks: Hooks;
  stripe: Stripe;
  close(): Promise<void>;
}

export async function startSinks(): Promise<Sinks> {
  const [mailgun, smtp, hooks, stripe] = await Promise.all([startMailgun(), startSmtp(), startHooks(), Stripe.start()]);
  return {
    mailgun,
    smtp,
    hooks,
    stripe,
    async close() {
      await Promise.all([mailgun.close(), smtp.close(), hooks.close(), stripe.close()]);
    },
  };
}
