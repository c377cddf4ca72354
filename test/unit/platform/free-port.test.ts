import { once } from "node:events";
import { createServer } from "node:net";

import { expect, it } from "vitest";

import { freePort } from "../../../src/platform/free-port.ts";
import { listen } from "../../../src/platform/listen.ts";

it("a free port can be listened on, and is none that the system gives to somebody who asks for any", async () => {
  const port = await freePort();
  // Linux hands out ports from 32768 on, macOS and Windows from 49152 on.
  expect(port).toBeGreaterThan(1023);
  expect(port).toBeLessThan(32_768);
  const server = createServer();
  expect(await listen(server, { port })).toEqual({ host: "127.0.0.1", port });
  server.close();
  await once(server, "close");
});
