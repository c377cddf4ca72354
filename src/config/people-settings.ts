import { z } from "zod";

import { Name, SlackGroup, SlackUser } from "./field-schemas.ts";

const member = {
  user: SlackUser.optional().meta({ description: "One person, by Slack id" }),
  group: SlackGroup.optional().meta({ description: "Everyone in a Slack user group, by its id" }),
  handle: z
    .string()
    .regex(/^[a-z0-9._-]{1,80}$/u, { error: "a handle is written without @, in lower case" })
    .optional()
    .meta({ description: "The group's handle as people know it; only shown, never trusted" }),
};

/** `{ user: U... }` or `{ group: S..., handle? }`. */
export const Member = z.strictObject(member).transform(({ user, group, handle }, context) => {
  if (user !== undefined && group === undefined && handle === undefined) return { kind: "user" as const, user };
  if (group !== undefined && user === undefined) return { kind: "group" as const, group, handle };
  context.addIssue({
    code: "custom",
    message: "say either who (`user: U0123ABCD`) or which group (`group: S0123ABCD`)",
  });
  return z.NEVER;
});

/** `{ trigger: NAME }`, `{ schedule: NAME }` or `{ token: NAME }`: what asks without being a person. It never approves anything. */
const MachineMember = z
  .union([
    z.strictObject({ trigger: Name.meta({ description: "What is under `triggers` by this name" }) }),
    z.strictObject({ schedule: Name.meta({ description: "What is under `schedules` by this name" }) }),
    z.strictObject({ token: Name.meta({ description: "Whoever has the token of the API by this name" }) }),
  ])
  .transform((machine) => {
    const [[sort, name] = ["trigger", ""]] = Object.entries(machine);
    return { kind: "machine" as const, machine: `${sort}:${name}` };
  });

/** Who belongs to a role: people, groups, triggers and the like, or `everyone` who is a full member of the workspace. */
export const RoleMember = z.union([
  z.literal("everyone").transform(() => ({ kind: "everyone" as const })),
  MachineMember,
  Member,
]);

const oneOrMore = <Schema extends z.ZodType<string, string>>(schema: Schema) =>
  z.union([schema.transform((one) => [one]), z.array(schema).min(1)]);

/** One human being: all Slack accounts and addresses in one entry are the same person when it is about who may approve what. */
export const PersonSettings = z.strictObject({
  slack: oneOrMore(SlackUser).meta({
    description: "Slack id of this person, or a list of them; all are the same person",
  }),
  emails: z
    .array(z.email({ error: "this is no e-mail address" }).transform((email) => email.toLowerCase()))
    .default([])
    .meta({ description: "Addresses under which this person commits" }),
  subject: z.string().min(1).optional().meta({ description: "The person's subject at the single sign-on provider" }),
});

const selection = z.union([z.literal("all"), z.array(Name).min(1)]);

/** One permission. What no grant allows is denied. */
export const GrantSettings = z.strictObject({
  role: Name.meta({ description: "Who: a name under `roles`" }),
  verbs: z
    .array(z.string().regex(/^[a-z][a-z0-9-]{0,40}$/u, { error: "a verb is a word such as promote, rollback or sync" }))
    .min(1)
    .meta({
      description: "What: `promote`, `rollback`, `sync`, `lock`, `unlock`, or the verb of another command file",
    }),
  services: selection.meta({ description: "In which services: `all` or a list of names" }),
  environments: selection.meta({ description: "In which environments: `all` or a list of names" }),
});
