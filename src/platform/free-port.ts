import { once } from "node:events";
import { createServer } from "node:net";

import { listen } from "./listen.ts";

/** A port of the loopback interface that nothing listens on now: for programs that have to know it before they start. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const { port } = await listen(server);
  server.close();
  await once(server, "close");
  return port;
}
