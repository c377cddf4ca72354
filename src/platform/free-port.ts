import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

import { listen } from "./listen.ts";

// Below what systems give to connections and to whoever listens on any port: nobody gets it by chance before it is used, or
// while the program that has it starts again.
const LOWEST = 20_000;
const HIGHEST = 29_999;

/** A port of the loopback interface that nothing listens on now: for programs that have to know it before they start. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST, HIGHEST + 1);
    const server = createServer();
    try {
      await listen(server, { port });
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") continue;
      throw error;
    }
    server.close();
    await once(server, "close");
    return port;
  }
}
