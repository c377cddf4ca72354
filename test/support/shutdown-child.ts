import { execa } from "execa";

import { shutdownSignal } from "../../src/platform/shutdown-signal.ts";

// A program that is told to stop while another program works for it, as Git does for the server.
const stop = shutdownSignal();
const git = execa("sleep", ["60"], { reject: false });
process.stdout.write("ready\n");
const signal = await stop;
// What has to be done in an orderly shutdown takes a moment.
await new Promise((resolve) => setTimeout(resolve, 100));
process.stdout.write(`ended in order after ${signal}\n`);
if (process.argv[2] === "forever") await new Promise((resolve) => setTimeout(resolve, 60_000));
git.kill();
