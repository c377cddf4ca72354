import { z } from "zod";

import { type SlackControl, defineControl } from "./slack-control.ts";
import type { SlackPeople } from "./slack-people.ts";

const Typed = z.union([z.string(), z.array(z.string())]);
const Values = z.record(z.string(), Typed);

const place = { user: z.string(), channel: z.string() };
const click = {
  user: z.string(),
  actionId: z.string(),
  blockId: z.string().exactOptional(),
  value: Typed.exactOptional(),
  values: Values.exactOptional(),
  stale: z.strictObject({ blockId: z.string(), element: z.record(z.string(), z.unknown()) }).exactOptional(),
};
const typedLine = z.strictObject({ ...place, text: z.string(), threadTs: z.string().exactOptional() });

/** What people do, for other processes and for the page. */
export function peopleControls(people: SlackPeople): Readonly<Record<string, SlackControl>> {
  return {
    "type-command": defineControl(typedLine, (args) => people.typeCommand(args)),
    "type-message": defineControl(typedLine, (args) => people.typeMessage(args)),
    click: defineControl(z.strictObject({ ...click, channel: z.string(), ts: z.string() }), (args) =>
      people.click(args),
    ),
    "click-in-view": defineControl(z.strictObject({ ...click, viewId: z.string() }), (args) =>
      people.clickInView(args),
    ),
    "ask-options": defineControl(
      z.strictObject({ user: z.string(), viewId: z.string(), actionId: z.string(), typed: z.string() }),
      (args) => people.askOptions(args),
    ),
    "submit-modal": defineControl(
      z.strictObject({ user: z.string(), viewId: z.string().exactOptional(), values: Values.exactOptional() }),
      (args) => people.submitModal(args),
    ),
    "close-modal": defineControl(
      z.strictObject({ user: z.string(), viewId: z.string().exactOptional(), all: z.boolean().exactOptional() }),
      (args) => people.closeModal(args),
    ),
    "open-home": defineControl(
      z.strictObject({ user: z.string(), tab: z.enum(["home", "messages"]).exactOptional() }),
      (args) => people.openHome(args),
    ),
    "run-shortcut": defineControl(
      z.strictObject({
        user: z.string(),
        callbackId: z.string(),
        message: z.strictObject({ channel: z.string(), ts: z.string() }).exactOptional(),
      }),
      (args) => people.runShortcut(args),
    ),
  };
}
