import { type GivenFault, writtenText } from "../../engine/given-fault.ts";
import { isJsonMap, type Json } from "../../platform/canonical-json.ts";
import { AppError } from "../../platform/errors.ts";
import { textFaults } from "../written-faults.ts";
import type { AllowedProgram } from "./allowed-program.ts";

type FindProgram = (name: string) => AllowedProgram | undefined;

/** The program of that name as the configuration has it. Throws `program.not-allowed`. */
export function parseProgram(find: FindProgram, name: string): AllowedProgram {
  const program = find(name);
  if (program !== undefined) return program;
  const message = `The configuration allows no program ${JSON.stringify(name)}. Add it under programs in quarterdeck.yaml, or name one that is there.`;
  throw new AppError(message, { code: "program.not-allowed" });
}

/** Throws `program.option-refused` for an argument that the program would read as an option, where that is not allowed. */
export function refuseOption(name: string, { options }: AllowedProgram, argument: string): void {
  if (options || !argument.startsWith("-")) return;
  const message = `${name} would read the argument ${JSON.stringify(argument)} as an option, which the configuration does not allow (programs.${name}.options).`;
  throw new AppError(message, { code: "program.option-refused" });
}

/** Throws `program.variable-refused` for a variable that steps may not set. */
export function refuseVariable(name: string, { variables }: AllowedProgram, variable: string): void {
  if (variables.includes(variable)) return;
  const message = `The step sets ${JSON.stringify(variable)} for ${name}, which the configuration does not allow (programs.${name}.variables).`;
  throw new AppError(message, { code: "program.variable-refused" });
}

/** What is wrong in a step that runs a program, as far as it is written down which. */
export function programFaults(given: Readonly<Record<string, Json>>, find: FindProgram): readonly GivenFault[] {
  const name = writtenText(given["program"]);
  if (name === undefined) return [];
  const missing = textFaults({ value: name, path: ["program"] }, (text) => parseProgram(find, text));
  const program = missing.length > 0 ? undefined : find(name);
  if (program === undefined) return missing;
  const { args, env } = given;
  const variables = Object.keys(isJsonMap(env) ? env : {});
  return [
    ...textFaults({ value: args, path: ["args"] }, (argument) => refuseOption(name, program, argument)),
    ...variables.flatMap((variable) =>
      textFaults({ value: variable, path: ["env", variable] }, (text) => refuseVariable(name, program, text)),
    ),
  ];
}
