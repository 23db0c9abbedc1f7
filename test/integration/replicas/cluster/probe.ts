import { connect } from "node:net";

/** Kubernetes' default for one probe. */
const TIMEOUT_MS = 1000;

/** Whether somebody accepts connections, as for a probe of the port. */
export async function acceptsConnections(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const connected = await new Promise<boolean>((resolve) => {
    socket.setTimeout(TIMEOUT_MS, () => resolve(false));
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
  });
  socket.destroy();
  return connected;
}

/** Whether the path is answered with 2xx, as for a probe by HTTP. */
export async function answersWell(url: string, headers: Record<string, string> = {}): Promise<boolean> {
  return (await ask(url, headers)) === "well";
}

/** What came of a probe by HTTP; "late" is one that a busy machine did not answer within the second. */
export async function ask(url: string, headers: Record<string, string> = {}): Promise<"well" | "badly" | "late"> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const answer = await fetch(url, { headers, redirect: "manual", signal });
    await answer.body?.cancel();
    return answer.ok ? "well" : "badly";
  } catch {
    return signal.aborted ? "late" : "badly";
  }
}
