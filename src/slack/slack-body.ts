import { z } from "zod";

// The SDK looks into both before any listener of ours sees them, and throws where something else stands.
const Thing = z.looseObject({});
const Element = z.looseObject({ action_id: z.string().optional(), block_id: z.string().optional() });

/** The body of a click, a choice, a form or a shortcut, as far as it is needed to find out which of them it is. */
export const InteractionBody = z
  .looseObject({
    type: z.string(),
    user: Thing,
    team: Thing.nullish(),
    enterprise: Thing.nullish(),
    channel: Thing.optional(),
    view: z.looseObject({ callback_id: z.string().optional() }).optional(),
    actions: z.array(Element).min(1).optional(),
    ...Element.shape,
    callback_id: z.string().optional(),
    response_urls: z.array(Thing).optional(),
    // Of other kinds of bodies: with one of these the SDK would take it for such a one.
    event: z.undefined().optional(),
    command: z.undefined().optional(),
  })
  .refine(({ type, view }) => !type.startsWith("view_") || view?.callback_id !== undefined);

/** The body of an event. */
export const EventBody = z.looseObject({
  event: z.looseObject({
    type: z.string(),
    user: z.union([z.string(), Thing]).optional(),
    channel: z.union([z.string(), Thing]).optional(),
    item: Thing.optional(),
    subteam: Thing.optional(),
  }),
  authorizations: z.array(Thing).optional(),
});
