import type { Button } from "@slack/types";
import { z } from "zod";

import { tryJson } from "../../platform/try-json.ts";
import { button, type ButtonShape } from "../blocks.ts";

/** The beginning of the `action_id` of every button that asks for a command; a number follows, as ids in a message differ. */
export const COMMAND_ACTION = "command_";

/** What such a button carries: the command's id and what would have been typed for its inputs. Believed in nothing. */
export const CommandAction = z.strictObject({
  command: z.string().min(1).max(64),
  values: z.record(z.string().max(64), z.string().max(500)),
});
export type CommandAction = z.infer<typeof CommandAction>;

/** Undefined for anything that is not one of our values. */
export function tryCommandAction(text: unknown): CommandAction | undefined {
  return typeof text === "string" ? CommandAction.safeParse(tryJson(text)).data : undefined;
}

/** A button that asks for a command as if it had been typed; `index` tells the buttons of one message apart. */
export function commandButton(
  shape: Pick<ButtonShape, "text" | "style" | "label" | "confirm"> & CommandAction & { readonly index: number },
): Button {
  const { command, values, index, ...look } = shape;
  const value = JSON.stringify(CommandAction.parse({ command, values }));
  return button({ ...look, actionId: `${COMMAND_ACTION}${index}`, value });
}
