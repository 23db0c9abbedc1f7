import type { Ghost } from "../ghost/ghost.ts";

/**
 * Listeners that act on the world and not on this process: the replica that made the change has already called them.
 * They are known by the names of their functions.
 */
const ONCE = new Set([
  // sends the webhooks that subscribers asked for
  "processWebhookTrigger",
  // sets up ActivityPub: the leader does that
  "configureActivityPub",
  // edits the notifications, which would be a change again
  "onNotificationsEdited",
  // tells the other replicas
  "announceSite",
]);

/**
 * Tells this process's own listeners that something changed, as if it had changed here. Never `events.emit`: that would
 * send webhooks and announce the change anew.
 * @throws {AggregateError} when listeners failed; the others were called all the same
 */
export function replay(ghost: Ghost, event: string, ...args: unknown[]): void {
  const errors: unknown[] = [];
  for (const listener of ghost.use("events").listeners(event)) {
    if (ONCE.has(listener.name)) continue;
    try {
      listener(...args);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, `Listeners to ${event} failed`);
}
