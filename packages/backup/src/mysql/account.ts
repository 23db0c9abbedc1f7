/** How a MySQL server is reached: over the network, or by the socket of one that was started here. */
export interface Account {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly socket?: string | undefined;
  readonly user: string;
  readonly password?: string | undefined;
  readonly tls: "off" | "preferred" | "required" | "verify";
  readonly tlsCa?: string | undefined;
}

/** For messages. */
export const placeOf = ({ host, port, socket }: Account): string => socket ?? `${host}:${port ?? 3306}`;
