import { readFile } from "node:fs/promises";
import type { IncomingHttpHeaders } from "node:http";
import { parseArgs } from "node:util";

import { readEnvironment } from "../config/environment.ts";
import { unknownName } from "../config/fault.ts";
import { Secrets } from "../config/secrets.ts";
import { systemClock } from "../platform/clock.ts";
import { AppError, errorText } from "../platform/errors.ts";
import { silentLogger } from "../platform/logger.ts";
import { SecretMask } from "../platform/masking.ts";
import { compileTriggers, type Trigger } from "../triggers/compile-triggers.ts";
import type { Delivery } from "../triggers/trigger-kind.ts";
import { loadFiles, usableCommands } from "./load-files.ts";
import { hasKnownType, MOST_BODY_BYTES, whyOf } from "../triggers/trigger-routes.ts";
import { outcomeOf, type TestedTrigger } from "./trigger-outcome.ts";
import { triggerKinds } from "./triggers.ts";
import { explained } from "./validate.ts";

const USAGE = `Usage: quarterdeck trigger test NAME FILE [--header "NAME: VALUE"]... [--verify]

FILE holds the body as the sender sends it, or its headers, an empty line, and the body.
With --verify it is refused where its signature is wrong, as the server would. Ends with 1 where it starts nothing, also if it came in time.`;

interface Asked {
  readonly name: string;
  readonly file: string;
  readonly headers: readonly string[];
  readonly verify: boolean;
}

/** `quarterdeck trigger test`: what a delivery would start and why; 1 where it would start nothing. Nothing is sent or recorded. */
export async function trigger(args: readonly string[]): Promise<number> {
  const asked = readArguments(args);
  return await explained(false, async () => {
    const mask = new SecretMask();
    const environment = readEnvironment(mask);
    const files = await loadFiles(environment);
    const { configuration } = files;
    const commands = usableCommands(files);
    const found = findTrigger({ configuration, commands }, asked.name);
    const delivery = await readDelivery(asked, found);
    const secrets = new Secrets({
      sources: configuration.secrets,
      variables: environment.variables,
      mask,
      logger: silentLogger,
    });
    const refusal =
      refusalOf(found, delivery) ?? (asked.verify ? await disbelieved(found, delivery, secrets) : undefined);
    const { isGood, lines } =
      refusal === undefined
        ? await outcomeOf({ configuration, commands, trigger: found }, delivery)
        : { isGood: false, lines: [refusal] };
    const missing = isGood ? [] : missingHeaders(found, delivery);
    process.stdout.write(mask.text(`${[...lines, ...missing].join("\n")}\n`));
    return isGood ? 0 : 1;
  });
}

function findTrigger({ configuration, commands }: Omit<TestedTrigger, "trigger">, name: string): Trigger {
  const { triggers } = compileTriggers(configuration, { kinds: triggerKinds(), commands });
  const found = triggers.find(({ machine }) => machine.name === name);
  if (found !== undefined) return found;
  const names = triggers.map(({ machine }) => machine.name);
  throw new AppError(capital(unknownName("trigger", name, names)), { code: "trigger.unknown" });
}

/** What the server refuses before it asks who sent it. */
function refusalOf(found: Trigger, delivery: Delivery): string | undefined {
  // Messages of Kafka are fetched, and posted by nobody.
  if (found.kind.contentTypes.length === 0) return undefined;
  if (delivery.body.length > MOST_BODY_BYTES) {
    const size = (delivery.body.length / MOST_BODY_BYTES).toFixed(1);
    return `It would be refused (413): its body has ${size} MiB, and at most 1 MiB is taken.`;
  }
  if (hasKnownType(delivery, found)) return undefined;
  return `It would be refused (415): what is taken is ${found.kind.contentTypes.join(" or ")}, and nothing that is compressed.`;
}

/** Without what stands in them a body alone says too little. */
function missingHeaders({ kind }: Trigger, { headers }: Delivery): readonly string[] {
  const missing = (kind.headers ?? []).filter(
    (example) => headers[example.replace(/:.*/u, "").toLowerCase()] === undefined,
  );
  return missing.map(
    (example) => `A header of the sender is missing; add it as it was sent, such as --header "${example}"`,
  );
}

async function disbelieved(found: Trigger, delivery: Delivery, secrets: Secrets): Promise<string | undefined> {
  const proofs = { settings: found.settings, secrets: found.secrets.map((reference) => secrets.resolve(reference)) };
  const disbelief = found.kind.admit(delivery, proofs) ?? (await found.kind.verify(delivery, proofs));
  return disbelief === undefined
    ? undefined
    : `It would not be believed (${disbelief}), and nothing of it read: ${whyOf(disbelief, found)}.`;
}

async function readDelivery({ file, headers: given }: Asked, { kind }: Trigger): Promise<Delivery> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    throw new AppError(`${file} cannot be read (${errorText(cause)}). ${USAGE}`, { code: "usage", cause });
  }
  const headers: IncomingHttpHeaders = { "content-type": kind.contentTypes[0] };
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
