import { expect, it } from "vitest";

import { openDemoWorld } from "../../src/demo/demo-world.ts";
import { ServerProcess } from "../../src/demo/server-process.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { eventually } from "../support/eventually.ts";

const entry = new URL("../../src/launch.js", import.meta.url).pathname;

it("reads its settings again at SIGHUP, which ends a program that does not expect it, and still ends at SIGTERM", async () => {
  await using world = await openDemoWorld({ clock: systemClock, random: systemRandom, speed: 10 });
  const log: string[] = [];
  const onLog = ({ message }: { readonly message: string }): void => void log.push(message);
  const { environment } = world;
  const server = await ServerProcess.start({ entry, environment, onLog }, process.env);
  for (let times = 1; times <= 2; times += 1) {
    process.kill(server.pid, "SIGHUP");
    await eventually(() => {
      expect(log.filter((message) => message === "settings are as they were")).toHaveLength(times);
    });
  }
  await server.kill("SIGTERM");
  expect(await server.exited).toBe("exit code 0");
});
