import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { expect, it, onTestFinished } from "vitest";

const CHILD = fileURLToPath(new URL("../support/shutdown-child.ts", import.meta.url));

function start(...args: readonly string[]) {
  const child = spawn(process.execPath, [CHILD, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let said = "";
  const line = Promise.withResolvers<undefined>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    line.resolve(undefined);
  });
  return { child, said: () => said, ready: line.promise };
}

async function end(child: ChildProcess): Promise<unknown[]> {
  return await once(child, "close");
}

it.each(["SIGTERM", "SIGINT"] as const)("%s ends a program in order, also while Git works for it", async (signal) => {
  const { child, said, ready } = start();
  await ready;
  const ended = end(child);
  child.kill(signal);
  expect(await ended).toEqual([0, null]);
  expect(said()).toContain(`ended in order after ${signal}`);
});

it("a second signal ends it at once", async () => {
  const { child, said, ready } = start("forever");
  await ready;
  const ended = end(child);
  child.kill("SIGTERM");
  while (!said().includes("ended in order")) await once(child.stdout, "data");
  child.kill("SIGTERM");
  expect(await ended).toEqual([null, "SIGTERM"]);
});
