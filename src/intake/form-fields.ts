import type { Command } from "../commands/command.ts";

/** The inputs that the form asks for. */
export interface FormFields {
  readonly service: string;
  readonly revision: string;
  readonly environment: string;
}

/** The names of the inputs that a form asks for; undefined for a command that no form can ask for. */
export function formFields(command: Command): FormFields | undefined {
  if (command.body.kind !== "plan") return undefined;
  const nameOf = (type: "service" | "revision" | "environment"): string | undefined =>
    command.pattern.required.flatMap((item) =>
      item.kind === "input" &&
      command.inputs.some(({ name, definition }) => name === item.input && definition.type === type)
        ? [item.input]
        : [],
    )[0];
  const [service, revision, environment] = [nameOf("service"), nameOf("revision"), nameOf("environment")];
  const count = command.pattern.required.filter(({ kind }) => kind === "input").length;
  if (service === undefined || revision === undefined || environment === undefined || count !== 3) return undefined;
  return { service, revision, environment };
}

export function hasForm(command: Command): boolean {
  return formFields(command) !== undefined;
}
