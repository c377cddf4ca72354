import { z } from "zod";

import { invalidArguments, SlackApiError } from "./slack-api-error.ts";
import { isObject } from "./slack-block-kit-rules.ts";
import { problemText, viewProblems } from "./slack-block-kit.ts";
import type { JsonObject } from "./slack-messages.ts";
import { defineSlackMethod, jsonArgument, type SlackMethod, textArgument } from "./slack-method.ts";
import { wireView } from "./slack-wire.ts";

/** Slack limit. */
const LARGEST_VIEW_BYTES = 250_000;

/** A view that Slack would take. Throws its refusal. */
export function requireView(view: unknown, type: "modal" | "home"): JsonObject {
  if (!isObject(view)) throw invalidArguments(["missing required field: view"]);
  if (JSON.stringify(view).length > LARGEST_VIEW_BYTES) throw new SlackApiError("view_too_large");
  const wrongType = view["type"] === type ? [] : [`must be a ${type} view [json-pointer:/view/type]`];
  const problems = [...wrongType, ...viewProblems(view).map(problemText)];
  if (problems.length > 0) throw invalidArguments(problems);
  return view;
}

const triggered = z.object({ trigger_id: textArgument, view: jsonArgument });

const open = defineSlackMethod({
  limit: "tier4",
  args: triggered,
  run: (args, world) => {
    const source = requireView(args.view, "modal");
    return { view: wireView(world.views.open(world.triggers.redeem(args.trigger_id), source), world) };
  },
});

const push = defineSlackMethod({
  limit: "tier4",
  args: triggered,
  run: (args, world) => {
    const source = requireView(args.view, "modal");
    return { view: wireView(world.views.push(world.triggers.redeem(args.trigger_id), source), world) };
  },
});

const update = defineSlackMethod({
  limit: "tier4",
  args: z.object({
    view_id: textArgument.optional(),
    external_id: textArgument.optional(),
    view: jsonArgument,
    hash: textArgument.optional(),
  }),
  run: (args, world) => {
    const source = requireView(args.view, "modal");
    const view = world.views.find(args.view_id ?? args.external_id ?? "");
    if (view === undefined) throw new SlackApiError("not_found");
    return { view: wireView(world.views.update(view, source, args.hash), world) };
  },
});

const publish = defineSlackMethod({
  limit: "tier4",
  args: z.object({ user_id: textArgument, view: jsonArgument, hash: textArgument.optional() }),
  run: (args, world) => {
    if (world.workspace.app.homeTab === false) throw new SlackApiError("not_enabled");
    if (world.workspace.user(args.user_id) === undefined) throw new SlackApiError("user_not_found");
    const source = requireView(args.view, "home");
    return { view: wireView(world.views.publish(args.user_id, source, args.hash), world) };
  },
});

export const slackViewMethods: Readonly<Record<string, SlackMethod>> = {
  "views.open": open,
  "views.push": push,
  "views.update": update,
  "views.publish": publish,
};
