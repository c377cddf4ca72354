import type { MachineAsk } from "../engine/machine-door.ts";
import { canonicalJson, isJsonMap, type Json } from "../platform/canonical-json.ts";
import type { SecretMask } from "../platform/masking.ts";

/** Whether what was recorded of a machine is just this; `mask` is what hid from the log what nobody should have sent. */
export function isSameAsk(
  recorded: Json | undefined,
  { command, typed, cause }: Pick<MachineAsk, "command" | "typed" | "cause">,
  mask: Pick<SecretMask, "deep">,
): boolean {
  if (!isJsonMap(recorded)) return false;
  const before = { command: recorded["command"], typed: recorded["typed"], cause: recorded["cause"] };
  return canonicalJson(before) === canonicalJson(mask.deep({ command, typed, cause }));
}
