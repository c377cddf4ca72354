import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { type DemoWorld, openDemoWorld } from "../demo/demo-world.ts";
import { checkPromotion } from "../demo/promote-check.ts";
import { promotePlay } from "../demo/promote-play.ts";
import { ServerProcess } from "../demo/server-process.ts";
import type { Stage } from "../demo/story.ts";
import { Transcript } from "../demo/transcript.ts";
import { readEnvironment } from "../config/environment.ts";
import { systemClock } from "../platform/clock.ts";
import { AppError, errorCode, errorText } from "../platform/errors.ts";
import { systemRandom } from "../platform/ids.ts";
import { SecretMask } from "../platform/masking.ts";
import { shutdownSignal } from "../platform/shutdown-signal.ts";

const ENTRY = fileURLToPath(new URL("../launch.js", import.meta.url));
const PAGE_PORT = 3000;
const PLAYS = ["promote", "crash"] as const;
type Play = (typeof PLAYS)[number];

/** `quarterdeck demo`: the real server between a simulated Slack and a simulated Argo CD, for people or as a play. */
export async function demo(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args);
  const play = values.play === true ? playNamed(positionals[0] ?? "promote") : undefined;
  return play === undefined ? await serveDemo(portOf(values.port)) : await playDemo(play);
}

/** Shows the demo to people until they stop it. Ctrl-C reaches the programs that it runs as well: what fails of it is no failure. */
async function serveDemo(port: number): Promise<number> {
  let isTold = false;
  const stop = shutdownSignal().then(() => void (isTold = true));
  try {
    await showDemo(port, stop);
  } catch (error) {
    if (!isTold) throw error;
  }
  return 0;
}

async function showDemo(port: number, stop: Promise<void>): Promise<void> {
  say("Starting a simulated Slack and a simulated Argo CD, and the real server between them ...");
  await using world = await openWorld(port);
  const server = await startServer(world);
  say(`The demo is at ${world.slack.url}`);
  say("You are Ana: type /promote checkout abc123 to prod, and open the thread of the card that appears.");
  say("When it asks for approval, become Priya and press Approve. Ctrl-C ends the demo and forgets all of it.");
  const ended = await Promise.race([stop, server.exited]);
  await server.kill("SIGTERM");
  // It may be the first to end.
  if (ended === undefined || ended === "exit code 0") return;
  throw new AppError(`The server of the demo ended by itself (${ended}). Start the demo again.`, {
    code: "demo.server",
  });
}

async function openWorld(port: number): Promise<DemoWorld> {
  try {
    return await openDemoWorld({ clock: systemClock, random: systemRandom, port });
  } catch (cause) {
    if (errorCode(cause) !== "slack-simulator.listen") throw cause;
    const message = `${errorText(cause)}. End the program that uses the port, or choose another: npm run demo -- --port 3001`;
    throw new AppError(message, { code: "demo.port", cause });
  }
}

/** Plays the story in the terminal; resolves with 0 when everything ended as it should. */
async function playDemo(play: Play): Promise<number> {
  await using world = await openDemoWorld({ clock: systemClock, random: systemRandom });
  using transcript = new Transcript(world.slack, say);
  let server = await startServer(world);
  const killAndStart = async (milestone: string): Promise<void> => {
    transcript.say(`SIGKILL to the server (${milestone})`);
    await server.kill("SIGKILL");
    server = await startServer(world);
  };
  const between: Stage["between"] = play === "crash" ? killAndStart : () => Promise.resolve();
  try {
    await promotePlay({ world, transcript, between });
    await server.kill("SIGTERM");
    for (const line of checkPromotion(world)) say(`✓ ${line}`);
    return 0;
  } finally {
    await server.kill("SIGKILL");
  }
}

async function startServer(world: DemoWorld): Promise<ServerProcess> {
  const { variables } = readEnvironment(new SecretMask());
  return await ServerProcess.start({ entry: ENTRY, environment: world.environment, onLog: showTrouble }, variables);
}

function showTrouble({ level, message, ...fields }: { readonly level: string; readonly message: string }): void {
  if (level !== "error" && level !== "warn") return;
  process.stderr.write(`server ${level}: ${message} ${JSON.stringify(fields)}\n`);
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { play: { type: "boolean" }, port: { type: "string" } },
    });
  } catch (cause) {
    throw new AppError("Usage: quarterdeck demo [--port N] or quarterdeck demo --play [promote|crash]", {
      code: "usage",
      cause,
    });
  }
}

function playNamed(name: string): Play {
  const play = PLAYS.find((known) => known === name);
  if (play !== undefined) return play;
  throw new AppError(`There is no play "${name}". There is: ${PLAYS.join(", ")}.`, { code: "usage" });
}

function portOf(text: string | undefined): number {
  const port = Number(text ?? PAGE_PORT);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new AppError(`"${text ?? ""}" is no port number.`, { code: "usage" });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
