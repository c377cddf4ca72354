import { readFile } from "node:fs/promises";
import type { IncomingHttpHeaders } from "node:http";
import { parseArgs } from "node:util";

import { matchValues } from "../commands/match-command.ts";
import type { Command } from "../commands/command.ts";
import type { Configuration } from "../config/configuration.ts";
import { readEnvironment } from "../config/environment.ts";
import { unknownName } from "../config/fault.ts";
import { Secrets } from "../config/secrets.ts";
import { machineStanding } from "../domain/approver-policy.ts";
import { machineUser } from "../domain/machine.ts";
import { actsIn, namePlaces } from "../intake/name-places.ts";
import { authorize } from "../inventory/authorize.ts";
import { Inventory } from "../inventory/inventory.ts";
import { systemClock } from "../platform/clock.ts";
import { AppError, errorText } from "../platform/errors.ts";
import { silentLogger } from "../platform/logger.ts";
import { SecretMask } from "../platform/masking.ts";
import { compileTriggers, type Trigger } from "../triggers/compile-triggers.ts";
import { decideStarts, nothingText, type StartDecision } from "../triggers/decide-starts.ts";
import type { Delivery } from "../triggers/trigger-kind.ts";
import { loadFiles, usableCommands } from "./load-files.ts";
import { triggerKinds } from "./triggers.ts";
import { explained } from "./validate.ts";

const USAGE = `Usage: quarterdeck trigger test NAME FILE [--header "NAME: VALUE"]... [--verify]

FILE holds the body as the sender sends it, or its headers, an empty line, and the body.
With --verify it is refused where its signature is wrong, as the server would.`;

interface Asked {
  readonly name: string;
  readonly file: string;
  readonly headers: readonly string[];
  readonly verify: boolean;
}

interface Loaded {
  readonly configuration: Configuration;
  readonly commands: readonly Command[];
  readonly mask: SecretMask;
}

/** `quarterdeck trigger test`: what a delivery would start and why; 1 where it would start nothing. Nothing is sent or recorded. */
export async function trigger(args: readonly string[]): Promise<number> {
  const asked = readArguments(args);
  return await explained(false, async () => {
    const mask = new SecretMask();
    const environment = readEnvironment(mask);
    const files = await loadFiles(environment);
    const { configuration } = files;
    const loaded: Loaded = { configuration, commands: usableCommands(files), mask };
    const found = findTrigger(loaded, asked.name);
    const delivery = await readDelivery(asked);
    const secrets = new Secrets({
      sources: configuration.secrets,
      variables: environment.variables,
      mask,
      logger: silentLogger,
    });
    const disbelief = asked.verify ? await verified(found, delivery, secrets) : undefined;
    const lines =
      disbelief === undefined ? await outcomeLines(loaded, found, delivery) : { isGood: false, lines: [disbelief] };
    process.stdout.write(mask.text(`${lines.lines.join("\n")}\n`));
    return lines.isGood ? 0 : 1;
  });
}

function findTrigger({ configuration, commands }: Loaded, name: string): Trigger {
  const { triggers } = compileTriggers(configuration, { kinds: triggerKinds(), commands });
  const found = triggers.find(({ machine }) => machine.name === name);
  if (found !== undefined) return found;
  const names = triggers.map(({ machine }) => machine.name);
  throw new AppError(capital(unknownName("trigger", name, names)), { code: "trigger.unknown" });
}

async function verified(found: Trigger, delivery: Delivery, secrets: Secrets): Promise<string | undefined> {
  const proofs = { settings: found.settings, secrets: found.secrets.map((reference) => secrets.resolve(reference)) };
  const disbelief = found.kind.admit(delivery, proofs) ?? (await found.kind.verify(delivery, proofs));
  return disbelief === undefined ? undefined : `It would not be believed (${disbelief}), and nothing of it read.`;
}

interface Lines {
  readonly isGood: boolean;
  readonly lines: readonly string[];
}

async function outcomeLines(loaded: Loaded, found: Trigger, delivery: Delivery): Promise<Lines> {
  const reading = await found.kind.read(delivery, found.settings);
  switch (reading.kind) {
    case "handshake":
      return { isGood: false, lines: ["It only asks whether somebody is there, and is answered."] };
    case "unreadable":
      return { isGood: false, lines: [`It cannot be read: ${reading.reason}`] };
    case "nothing":
      return { isGood: false, lines: [`It starts nothing: ${reading.reason}`] };
    case "events": {
      // What vendors show is of another day: it is judged as if it had arrived then.
      const at = Math.max(...reading.events.map(({ happenedAt = delivery.at }) => happenedAt));
      const decisions = decideStarts(found, { events: reading.events, at });
      const told = reading.events.map(({ says }) => `Told: ${says}`);
      const lines = decisions.map((decision) => decisionLine(loaded, found, decision));
      return { isGood: lines.some(({ isGood }) => isGood), lines: [...told, ...lines.map(({ line }) => line)] };
    }
  }
}

interface Line {
  readonly isGood: boolean;
  readonly line: string;
}

function decisionLine(loaded: Loaded, found: Trigger, decision: StartDecision): Line {
  if (decision.kind === "nothing") return { isGood: false, line: `Nothing: ${decision.reason}` };
  if (decision.kind === "failed") return { isGood: false, line: `Failed: ${nothingText(decision)}` };
  const read = matchValues(loaded.commands, decision);
  if (read === undefined) return { isGood: false, line: `Refused: there is no command "${decision.command}"` };
  const typed = `${read.typed.slash} ${read.typed.text}`;
  if (read.match.kind !== "matched") {
    const why = read.match.kind === "mismatch" ? read.match.message : "it only shows help";
    return { isGood: false, line: `Refused: ${typed} (${why})` };
  }
  const refusal = refusalOf(loaded, found, read.match);
  return refusal === undefined
    ? { isGood: true, line: `Starts: ${typed}` }
    : { isGood: false, line: `Refused: ${typed} (${refusal})` };
}

/** Why the configuration alone would not let it start; services that are discovered are only known to a running server. */
function refusalOf(
  { configuration }: Loaded,
  { machine }: Trigger,
  { command, values }: Extract<NonNullable<ReturnType<typeof matchValues>>["match"], { kind: "matched" }>,
): string | undefined {
  if (command.body.kind !== "plan") return undefined;
  const { plan } = command.body;
  const places = namePlaces(new Inventory(configuration), { command, values, plan });
  if (places.kind === "refused") {
    if (configuration.discovery !== undefined) return undefined;
    return places.answer.kind === "notice" ? places.answer.message : "what it names is not there";
  }
  const { environment, service, targets } = places.value;
  const named = targets.map(({ name }) => ({ service: service?.name ?? "", environment: name }));
  const person = machineStanding(machineUser(machine));
  for (const act of actsIn(plan.verb, { environment: environment?.name, targets: named })) {
    const authorization = authorize(configuration, { act, person, groups: new Map() });
    if (authorization.kind === "denied") return authorization.message;
  }
  return undefined;
}

async function readDelivery({ file, headers: given }: Asked): Promise<Delivery> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    throw new AppError(`${file} cannot be read (${errorText(cause)}). ${USAGE}`, { code: "usage", cause });
  }
  const headers: IncomingHttpHeaders = { "content-type": "application/json" };
  const split = headersAbove(bytes);
  for (const line of [...split.lines, ...given]) {
    const [, name, value] = /^([A-Za-z0-9-]+):\s*(.*)$/u.exec(line) ?? [];
    if (name === undefined) throw new AppError(`"${line}" is no header. ${USAGE}`, { code: "usage" });
    headers[name.toLowerCase()] = value ?? "";
  }
  return { headers, query: "", at: systemClock.now(), body: split.body };
}

/** The lines of headers that stand above the body; none where the file begins with the body. */
function headersAbove(bytes: Buffer): { readonly lines: readonly string[]; readonly body: Buffer } {
  const text = bytes.subarray(0, 16_384).toString("latin1");
  const head = /^(?:[A-Za-z0-9-]+:[^\r\n]*\r?\n)+\r?\n/u.exec(text)?.[0];
  if (head === undefined) return { lines: [], body: bytes };
  return { lines: head.trimEnd().split(/\r?\n/u), body: bytes.subarray(head.length) };
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function readArguments(args: readonly string[]): Asked {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { header: { type: "string", multiple: true }, verify: { type: "boolean" } },
    });
    const [verb, name, file, ...rest] = positionals;
    if (verb !== "test" || name === undefined || file === undefined || rest.length > 0)
      throw new AppError(USAGE, { code: "usage" });
    return { name, file, headers: values.header ?? [], verify: values.verify === true };
  } catch (cause) {
    throw cause instanceof AppError ? cause : new AppError(USAGE, { code: "usage", cause });
  }
}
