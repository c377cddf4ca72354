import { z } from "zod";

import { duration, Name, SecretField } from "./field-schemas.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const NO_CONDITION =
  'a condition over `event` belongs here, such as ${{ event.branch == "main" }}; without `when` every event starts it';

/** What is started when something happens: a command, and what would be typed for its inputs. */
export const StartSettings = z.strictObject({
  command: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/u, { error: "a command is named by its file, without the extension" })
    .meta({ description: "The command: the name of its file without the extension" }),
  when: z.string({ error: NO_CONDITION }).min(1).max(2000).optional().meta({
    description: "A condition over `event`, in `${{ }}`; without it every event starts it",
  }),
  inputs: z
    .record(z.string(), z.union([z.string().max(2000), z.number(), z.boolean()]))
    .default({})
    .meta({ description: "What would be typed for each input; expressions over `event` stand in `${{ }}`" }),
});
export type StartSettings = z.infer<typeof StartSettings>;

const oneOrMoreSecrets = z.union([SecretField.transform((one) => [one]), z.array(SecretField).min(1).max(5)]);

/** Something outside that starts runs. It asks as itself: a role has to name it, and grants say what the role may. */
export const TriggerSettings = z
  .strictObject({
    name: Name.meta({ description: "What it is called in roles, messages and its address: `/triggers/NAME`" }),
    from: z.string().min(1).max(60).meta({ description: "Who sends, such as `github`; see docs/triggers" }),
    secret: oneOrMoreSecrets.optional().meta({
      description: "What is shared with the sender; of a list any one counts, so that it can be replaced without a gap",
    }),
    with: z.record(z.string(), z.json()).default({}).meta({ description: "What this sender needs besides" }),
    start: z.array(StartSettings).min(1).max(50).meta({
      description: "What it may start; of one event each entry whose condition holds starts its command",
    }),
    "same-within": duration({ leastMs: 0, mostMs: 30 * DAY_MS })
      .prefault("10m")
      .meta({
        description: "How long the same fact, told by another delivery, starts nothing again",
      }),
    oldest: duration({ leastMs: 60_000, mostMs: 30 * DAY_MS })
      .prefault("24h")
      .meta({
        description: "What happened longer ago, by what the sender says, starts nothing",
      }),
  })
  .transform(({ secret = [], "same-within": sameWithinMs, oldest: oldestMs, ...rest }) => ({
    ...rest,
    secrets: secret,
    sameWithinMs,
    oldestMs,
  }));
export type TriggerSettings = z.infer<typeof TriggerSettings>;
