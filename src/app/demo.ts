import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import type { Blueprint } from "../demo/blueprint.ts";
import { BLUEPRINTS } from "../demo/blueprint-list.ts";
import { Cast, type CastOptions, type Transport } from "../demo/cast.ts";
import { type DemoWorld, openDemoWorld } from "../demo/demo-world.ts";
import { conclude } from "../demo/finding.ts";
import { checkAlways, readLeftBehind } from "../demo/left-behind.ts";
import { PLAYS } from "../demo/play-list.ts";
import type { Play } from "../demo/play.ts";
import { Story } from "../demo/story.ts";
import { Transcript } from "../demo/transcript.ts";
import { nightlySchedule } from "../demo/world-parts/nightly-schedule.ts";
import { readEnvironment } from "../config/environment.ts";
import { systemClock } from "../platform/clock.ts";
import { AppError, errorCode, errorText } from "../platform/errors.ts";
import { systemRandom } from "../platform/ids.ts";
import { SecretMask } from "../platform/masking.ts";
import { shutdownSignal } from "../platform/shutdown-signal.ts";
import { printLine } from "./print-line.ts";

const ENTRY = fileURLToPath(new URL("../launch.js", import.meta.url));
const PAGE_PORT = 3000;
// The story of a promotion, in which the server is killed at every step.
const CRASH = "crash";
const DEFAULT_PLAY = "promote";

const USAGE = `Usage: quarterdeck demo [--port N]
       quarterdeck demo --play [NAME] [--over redis|http] [--speed N] [--stand-ins]
       quarterdeck demo --list`;

/** `quarterdeck demo`: the real server between a simulated Slack and a simulated Argo CD, for people or as a play. */
export async function demo(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args);
  if (values.list === true) return listPlays();
  if (values.play !== true) return await serveDemo(portAlone(values.port, positionals));
  const [name = DEFAULT_PLAY, ...rest] = positionals;
  if (rest.length > 0) throw tooMuch(rest);
  const production = {
    ...wayOf(values.over),
    isCrash: name === CRASH,
    speed: speedOf(values.speed),
    isPlayed: values["stand-ins"] === true,
  };
  return await playDemo(playNamed(name === CRASH ? DEFAULT_PLAY : name), production);
}

// No command of its own: what is there already is started by the clock, too.
const SCHEDULED: Blueprint = { name: "scheduled", files: [], verbs: [], parts: [nightlySchedule] };
const LOOK_MS = 20;

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
  printLine("Starting a simulated Slack and a simulated Argo CD, and the real server between them ...");
  await using world = await openWorld(port);
  await using cast = await Cast.start(castOptions(world, "in-process"));
  const over = new AbortController();
  await Promise.race([connected(world, over.signal), stop, cast.serverEnded]);
  over.abort();
  printLine(`The demo is at ${world.slack.url}`);
  for (const line of world.programs) printLine(line);
  printLine(`Its server is at ${world.environment["QUARTERDECK_PUBLIC_URL"]}, with the configuration`);
  printLine(`${world.configurationFile}; what is changed in it counts at once.`);
  printLine("You are Ana: type /promote checkout abc123 to prod, and open the thread of the card that appears.");
  printLine("When it asks for approval, become Priya and press Approve. Ctrl-C ends the demo and forgets all of it.");
  const ended = await Promise.race([stop, cast.serverEnded]);
  await cast.stopServer();
  if (ended === undefined) return;
  // It may be the first to end, of the same Ctrl-C.
  if (ended === "exit code 0") {
    printLine("The server of the demo has ended, and the demo ends with it.");
    return;
  }
  throw new AppError(`The server of the demo ended by itself (${ended}). Start the demo again.`, {
    code: "demo.server",
  });
}

/** Resolves when the server hears what is typed: before that Slack says that its app is not there. */
async function connected(world: DemoWorld, signal: AbortSignal): Promise<void> {
  while (!world.isSlackConnected && !signal.aborted) await systemClock.sleep(LOOK_MS);
}

async function openWorld(port: number): Promise<DemoWorld> {
  try {
    const own = { clock: systemClock, random: systemRandom, surroundings: surroundings() };
    return await openDemoWorld({ ...own, port, blueprints: [...BLUEPRINTS, SCHEDULED] });
  } catch (cause) {
    if (errorCode(cause) !== "slack-simulator.listen") throw cause;
    const message = `${errorText(cause)}. End the program that uses the port, or choose another: npm run demo -- --port 3001`;
    throw new AppError(message, { code: "demo.port", cause });
  }
}

/** On what a play is put on. */
interface Production {
  readonly transport: Transport;
  readonly receive: "socket" | "http";
  readonly isCrash: boolean;
  /** How many times faster than a real cluster the simulated one is. */
  readonly speed: number;
  /** Whether stand-ins are played also for programs that are installed. */
  readonly isPlayed: boolean;
}

/** Plays the story in the terminal; resolves with 0 when everything ended as it should. */
async function playDemo(play: Play, { transport, isCrash, ...stage }: Production): Promise<number> {
  const own = { clock: systemClock, random: systemRandom, surroundings: surroundings() };
  await using world = await openDemoWorld({ ...play.settings, ...own, ...stage });
  using transcript = new Transcript(world.slack, printLine);
  for (const line of world.programs) printLine(line);
  await using cast = await Cast.start(castOptions(world, transport));
  const between = async (milestone: string): Promise<void> => {
    if (!isCrash) return;
    transcript.say(`SIGKILL to the server (${milestone})`);
    await cast.killServer();
  };
  await play.tell(new Story({ world, transcript, between, server: cast }));
  await cast.stopServer();
  const left = readLeftBehind(world);
  for (const line of conclude([...(await play.check(left)), ...checkAlways(left)])) printLine(`✓ ${line}`);
  return 0;
}

function castOptions(world: DemoWorld, transport: Transport): CastOptions {
  return { world, transport, entry: ENTRY, onLog: showTrouble, surroundings: surroundings() };
}

/** The variables of this process. */
function surroundings(): CastOptions["surroundings"] {
  return readEnvironment(new SecretMask()).variables;
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
      options: {
        play: { type: "boolean" },
        list: { type: "boolean" },
        over: { type: "string" },
        speed: { type: "string" },
        port: { type: "string" },
        "stand-ins": { type: "boolean" },
      },
    });
  } catch (cause) {
    throw new AppError(USAGE, { code: "usage", cause });
  }
}

function listPlays(): number {
  const width = Math.max(...PLAYS.map(({ name }) => name.length));
  for (const { name, summary } of PLAYS) printLine(`${name.padEnd(width)}  ${summary}`);
  printLine(`${CRASH.padEnd(width)}  the story of ${DEFAULT_PLAY}, in which the server is killed at every step`);
  return 0;
}

function playNamed(name: string): Play {
  const play = PLAYS.find((known) => known.name === name);
  if (play !== undefined) return play;
  const names = [...PLAYS.map((known) => known.name), CRASH].join(", ");
  throw new AppError(`There is no play "${name}". There is: ${names}.`, { code: "usage" });
}

function wayOf(over: string | undefined): Pick<Production, "transport" | "receive"> {
  switch (over) {
    case undefined:
      return { transport: "in-process", receive: "socket" };
    case "redis":
      return { transport: "redis", receive: "socket" };
    case "http":
      return { transport: "in-process", receive: "http" };
    default:
      throw new AppError(`"--over ${over}" is not there: say redis or http.\n${USAGE}`, { code: "usage" });
  }
}

function speedOf(text: string | undefined): number {
  const speed = Number(text ?? 1);
  if (speed >= 1 && speed <= 100) return speed;
  throw new AppError(`"${text ?? ""}" is no speed from 1 to 100.`, { code: "usage" });
}

/** A play that npm was told about, and not the demo, must not be taken for the demo that people click through. */
function portAlone(port: string | undefined, positionals: readonly string[]): number {
  if (positionals.length > 0) throw tooMuch(positionals);
  return portOf(port);
}

function tooMuch(words: readonly string[]): AppError {
  const hint = "With npm, two hyphens come before the options: npm run demo -- --play promote";
  return new AppError(`"${words.join(" ")}" is too much. ${hint}\n${USAGE}`, { code: "usage" });
}

function portOf(text: string | undefined): number {
  const port = Number(text ?? PAGE_PORT);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new AppError(`"${text ?? ""}" is no port number.`, { code: "usage" });
}
