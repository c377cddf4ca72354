import { isAbsolute } from "node:path";

import { z } from "zod";

import { JsonValue } from "../../domain/outcome.ts";
import { SecretText } from "../../engine/secret-text.ts";
import { GitFolder } from "../image/git-folder.ts";
import { isInside } from "../terraform/terraform-input.ts";

const Inside = z
  .string()
  .max(500)
  .refine((path) => isInside(path), { error: "a path below the directory, without .. and not absolute" });

/** Where a playbook and what belongs to it stand: in a repository at a revision, or on the machine that executes the step. */
const Directory = z.union([
  GitFolder,
  z.strictObject({
    local: z
      .string()
      .refine((path) => isAbsolute(path), { error: "an absolute path" })
      .meta({
        description: "An absolute path on the machine that executes the step, below one of QUARTERDECK_ANSIBLE_ROOTS",
      }),
  }),
]);
export type Directory = z.infer<typeof Directory>;

// No patterns and no options: what Ansible takes for one host, whatever a step before it put out.
const HostName = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,250}$/u, "the name or address of a host");
const VariableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/u, "the name of a variable");
const Variables = z.record(VariableName, JsonValue);

const GivenInventory = z.strictObject({
  hosts: z.union([z.array(HostName), z.record(HostName, Variables)]).meta({
    description: "Names of hosts, or a map from each to its variables, such as an output of Terraform",
  }),
  groups: z
    .record(VariableName, z.strictObject({ hosts: z.array(HostName).optional(), vars: Variables.optional() }))
    .optional()
    .meta({ description: "Groups of them, with variables of their own" }),
});
export type GivenInventory = z.infer<typeof GivenInventory>;

const Words = z.array(z.string().regex(/^[\w.-]{1,100}$/u, "a tag")).min(1);

/** Which handlers that are owed keep a later attempt from being a success. */
const Handlers = z.enum(["run", "ignore"]);

export const PlaybookInput = z
  .strictObject({
    directory: Directory.meta({ description: "The folder with the playbook and its roles" }),
    playbook: Inside.meta({ description: "From the directory" }),
    inventory: z
      .union([Inside, GivenInventory])
      .meta({ description: "A file or folder, from the directory, or the hosts themselves" }),
    variables: Variables.optional().meta({
      description: "Extra variables: they come before all others, and are taken as they are, never as templates",
    }),
    "secret-variables": z
      .record(VariableName, SecretText)
      .optional()
      .meta({ description: "Extra variables that are secret" }),
    "vault-secret": SecretText.optional().meta({ description: "What opens files and values of Ansible Vault" }),
    "ssh-key": SecretText.optional().meta({ description: "The private key for the hosts" }),
    "known-hosts": z
      .string()
      .optional()
      .meta({ description: "Lines of a known_hosts file. The keys of hosts are always checked" }),
    limit: z
      .string()
      .regex(/^[^@\s-][^\s]{0,500}$/u, "a pattern of hosts")
      .optional()
      .meta({ description: "A pattern of hosts to which it is limited" }),
    tags: Words.optional().meta({ description: "Only tasks with one of these" }),
    check: z
      .boolean()
      .optional()
      .meta({ description: "Changes nothing, and tells what would be changed, with the differences" }),
    forks: z.int().min(1).max(500).optional().meta({ description: "How many hosts at once" }),
    become: z.boolean().optional().meta({ description: "Does its tasks as another user, which is root unless said" }),
    handlers: Handlers.optional().meta({
      description:
        "With `ignore`, a handler that an earlier attempt owes keeps no later one from being a success; `run` unless said",
    }),
  })
  .refine(({ inventory, variables }) => !/stricthostkeychecking/iu.test(JSON.stringify([inventory, variables])), {
    error: "the keys of hosts are always checked: pass known-hosts",
  });
export type PlaybookInput = z.infer<typeof PlaybookInput>;
