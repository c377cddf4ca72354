import { runCli } from "./cli.ts";
import { systemClock } from "./platform/clock.ts";
import { keepAlive } from "./platform/keep-alive.ts";

const LEFTOVERS_MS = 500;

// Nothing of ours may end the process without a word, and nothing of an SDK may end it at all: Slack's Socket Mode client is
// known to leave rejections behind when a connection closes at the wrong moment.
process.on("unhandledRejection", (reason) => {
  const text = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
  process.stderr.write(`${JSON.stringify({ level: "error", message: "an unhandled rejection", error: text })}\n`);
});

const release = keepAlive();
process.exitCode = await runCli(process.argv.slice(2));
release();
// The role has ended. A call of an SDK that nobody waits for any more, and that cannot be cut off, does not keep the process.
systemClock.setTimer(LEFTOVERS_MS, () => process.exit());
