import type { ServerResponse } from "node:http";

import type { Clock } from "../platform/clock.ts";
import type { HttpStream } from "./http-route.ts";

interface Deps {
  readonly clock: Pick<Clock, "setTimer">;
  /** Aborted when the server stops: the stream ends then as if all of it had been said. */
  readonly stop: AbortSignal;
}

// Whoever takes nothing for so long is cut off; what is said meanwhile is kept by nobody.
const TAKEN_WITHIN_MS = 10_000;

/**
 * Sends pieces one after the other, the next one only when the other side has taken those before it: what a slow reader costs is
 * what a connection holds. Ends the response, or cuts it off where it is not taken or cannot be said to its end.
 */
export async function sendStream(response: ServerResponse, stream: HttpStream, { clock, stop }: Deps): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort(new Error("nobody takes it any more")));
  const signal = AbortSignal.any([gone.signal, stop]);
  // Whoever asked is to know at once that it is answered, also before there is anything to say.
  response.flushHeaders();
  try {
    for await (const piece of stream(signal)) {
      if (signal.aborted) break;
      if (!response.write(piece) && !(await isTaken(response, clock))) return void response.destroy();
    }
  } catch (error) {
    response.destroy();
    throw error;
  }
  response.end();
}

function isTaken(response: ServerResponse, clock: Deps["clock"]): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (taken: boolean) => (): void => {
      timer.cancel();
      response.off("drain", drained);
      response.off("close", closed);
      resolve(taken);
    };
    const [drained, closed] = [end(true), end(false)];
    const timer = clock.setTimer(TAKEN_WITHIN_MS, closed);
    response.once("drain", drained);
    response.once("close", closed);
  });
}
