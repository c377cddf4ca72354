/** What a step was given, as the log has it. */
export type StepInput = Readonly<Record<string, unknown>>;

/** A text that it was given; `otherwise` where it was not. */
export function textIn(input: StepInput, name: string, otherwise = ""): string {
  const value = input[name];
  return typeof value === "string" ? value : otherwise;
}

/** A number, likewise. */
export function numberIn(input: StepInput, name: string, otherwise: number): number {
  const value = input[name];
  return typeof value === "number" ? value : otherwise;
}
