import type { Command } from "../commands/command.ts";
import type { FormField } from "../engine/command-form.ts";

/** The names of the inputs that the form asks for, by what they are. */
export type FormFields = Readonly<Partial<Record<FormField, string>>>;

/** In the order in which a form asks. */
const FIELDS: readonly FormField[] = ["service", "revision", "environment"];

/** What a form can ask for together; anything else is typed. */
const SHAPES = new Set(["service", "environment", "service revision", "service revision environment"]);

/** The names of the inputs that a form asks for; undefined for a command that no form can ask for. */
export function formFields(command: Command): FormFields | undefined {
  if (command.body.kind !== "plan") return undefined;
  const required = command.pattern.required.flatMap((item) => (item.kind === "input" ? [item.input] : []));
  const named = FIELDS.flatMap((field) => {
    const input = command.inputs.find(({ name, definition }) => required.includes(name) && definition.type === field);
    return input === undefined ? [] : [[field, input.name] as const];
  });
  if (named.length !== required.length) return undefined;
  return SHAPES.has(named.map(([field]) => field).join(" ")) ? Object.fromEntries(named) : undefined;
}

/** What the form of a command asks for, in order. */
export function fieldsIn(fields: FormFields): readonly FormField[] {
  return FIELDS.filter((field) => fields[field] !== undefined);
}

export function hasForm(command: Command): boolean {
  return formFields(command) !== undefined;
}
