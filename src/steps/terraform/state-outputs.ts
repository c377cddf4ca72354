import { z } from "zod";

import { JsonValue } from "../../domain/outcome.ts";
import { SecretText } from "../../engine/secret-text.ts";
import { AppError } from "../../platform/errors.ts";
import { tryJson } from "../../platform/try-json.ts";
import type { ProgramEnd } from "../../programs/program-order.ts";
import { environmentOf, type Session } from "./initialise.ts";
import { type EarlyEnd, earlyEnd } from "./stopped-early.ts";
import { unreadable } from "./stream-message.ts";
import { readTerraform } from "./terraform-call.ts";
import { earlyArguments } from "./variable-files.ts";

/** The outputs of a configuration: those that it calls sensitive apart, so that they stay secret. */
export const OUTPUTS = {
  values: z.record(z.string(), JsonValue).meta({ description: "Outputs of the configuration, by name" }),
  secrets: z
    .record(z.string(), SecretText)
    .meta({ description: "Those that it calls sensitive, by name; what is no text is JSON" }),
};
const Outputs = z.strictObject(OUTPUTS);
type Outputs = z.infer<typeof Outputs>;

/** Which state it is, and how often it was written: a plan that is not applied again leaves the serial as it is. */
export const StateIdentity = z.strictObject({ lineage: z.string(), serial: z.int() });
export type StateIdentity = z.infer<typeof StateIdentity>;

/** Something is read from the state, or why it cannot be. */
export type Read<Value> =
  | { readonly kind: "read"; readonly value: Value }
  | { readonly kind: "not"; readonly end: EarlyEnd };

const RawOutputs = z.record(z.string(), z.looseObject({ sensitive: z.boolean(), value: JsonValue }));

/** What `output -json` says. Throws `terraform.unreadable-output`. */
export function parseOutputs(text: string): Outputs {
  const raw = RawOutputs.safeParse(tryJson(text));
  if (!raw.success) throw unreadable("its outputs are not as they should be");
  const [values, secrets]: [Record<string, z.infer<typeof JsonValue>>, Record<string, string>] = [{}, {}];
  for (const [name, { sensitive, value }] of Object.entries(raw.data)) {
    if (!sensitive) values[name] = value;
    else secrets[name] = typeof value === "string" ? value : JSON.stringify(value);
  }
  return { values, secrets };
}

const State = z.looseObject({ serial: z.int(), lineage: z.string() });

/** What `state pull` says of which state it is; an empty one has never been written. */
export function parseStateIdentity(text: string): StateIdentity {
  if (text.trim() === "") return { lineage: "", serial: 0 };
  const state = State.safeParse(tryJson(text));
  if (!state.success) throw unreadable("its state is not as it should be");
  return { lineage: state.data.lineage, serial: state.data.serial };
}

export async function readOutputs(session: Session): Promise<Read<Outputs>> {
  return await read(session, ["output", "-no-color", "-json"], parseOutputs);
}

export async function readStateIdentity(session: Session): Promise<Read<StateIdentity>> {
  return await read(session, ["state", "pull", "-no-color"], parseStateIdentity);
}

async function read<Value>(
  session: Session,
  args: readonly string[],
  parse: (text: string) => Value,
): Promise<Read<Value>> {
  const { deps, program, bench, context, log } = session;
  const { signal } = context;
  const end = await readTerraform(deps.programs, {
    program,
    args: [...args, ...earlyArguments(session)],
    cwd: bench.cwd,
    env: environmentOf(session),
    signal,
  });
  if (end.exitCode === 0) {
    if (end.isCut)
      throw new AppError("The state is larger than what is read of it", { code: "terraform.unreadable-output" });
    return { kind: "read", value: parse(end.stdout) };
  }
  const bad = { diagnostics: [], lastWords: log.masked(complaint(end)), exitCode: end.exitCode, endedBy: end.endedBy };
  return { kind: "not", end: earlyEnd(bad, `${program} ${args.filter((word) => !word.startsWith("-")).join(" ")}`) };
}

/** What it complained of, without the frame that it draws around it. */
function complaint({ stderr }: ProgramEnd): string {
  return stderr.replaceAll(/[╷│╵]/gu, " ").slice(-2000).trim();
}
