import { z } from "zod";

// Ids and times of Slack have some twenty characters, and forms have room for 3,000 of all that they remember.
const Id = z.string().max(64);

/** What is read of a slash command. */
export const SlashPayload = z.looseObject({
  team_id: z.string(),
  channel_id: Id,
  user_id: z.string(),
  command: z.string().max(64),
  text: z.string().default(""),
  trigger_id: z.string(),
  // It is remembered by forms, which have room for no more.
  response_url: z.string().max(1000).optional(),
});
export type SlashPayload = z.infer<typeof SlashPayload>;

const Clicker = z.looseObject({ id: z.string(), team_id: z.string().optional() });
const Team = z.looseObject({ id: z.string() }).nullish();

/** What is read of a click on a button of a message. Slack leaves `team` out where the app is installed for an organisation. */
export const ClickPayload = z.looseObject({
  user: Clicker,
  team: Team,
  trigger_id: z.string(),
  response_url: z.string().optional(),
  container: z.looseObject({
    channel_id: Id.optional(),
    message_ts: Id.optional(),
    thread_ts: Id.optional(),
  }),
  actions: z.array(z.looseObject({ action_id: z.string(), value: z.string().optional() })).min(1),
});
export type ClickPayload = z.infer<typeof ClickPayload>;

const FormState = z.looseObject({
  values: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({
        value: z.string().nullish(),
        selected_option: z.looseObject({ value: z.string() }).nullish(),
      }),
    ),
  ),
});

/** What is read of a form that was sent. */
export const FormPayload = z.looseObject({
  user: Clicker,
  team: Team,
  view: z.looseObject({
    id: z.string(),
    hash: z.string().default(""),
    callback_id: z.string(),
    private_metadata: z.string().default(""),
    state: FormState.optional(),
  }),
});
export type FormPayload = z.infer<typeof FormPayload>;

/** What is read of a choice in a form. */
export const ChoicePayload = z.looseObject({
  user: Clicker,
  team: Team,
  view: FormPayload.shape.view,
});
export type ChoicePayload = z.infer<typeof ChoicePayload>;

/** What is read when Slack asks what can be chosen. */
export const OptionsPayload = z.looseObject({
  action_id: z.string(),
  value: z.string().default(""),
  view: z.looseObject({ callback_id: z.string(), private_metadata: z.string().default("") }).optional(),
});

/** What stands in one field of a form that is not a text; undefined for nothing. */
export function chosenIn(state: z.infer<typeof FormState> | undefined, block: string): string | undefined {
  const [field] = Object.values(state?.values[block] ?? {});
  return field?.selected_option?.value;
}

/** The workspace of whoever acted: their own before the one in which the app is installed. */
export function actorTeam(payload: Pick<ClickPayload, "user" | "team">): string {
  return payload.user.team_id ?? payload.team?.id ?? "";
}
