import type { Replica } from "./cluster/replica.ts";

/** Asks to pay for a tier, as the page's own script does; what is paid is in Stripe's `checkout/sessions`. */
export function checkOut(replica: Replica, tierId: string, email: string, more: object = {}): Promise<Response> {
  return post(replica, "create-stripe-checkout-session", { tierId, cadence: "month", customerEmail: email, ...more });
}

/** Asks to become a member; the link to follow comes by mail. */
export async function signUp(replica: Replica, email: string): Promise<Response> {
  const integrityToken = await replica.text("/members/api/integrity-token/");
  return post(replica, "send-magic-link", { email, emailType: "signup", integrityToken });
}

function post(replica: Replica, what: string, body: object): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return replica.get(`/members/api/${what}/`, { method: "POST", headers, body: JSON.stringify(body) });
}
