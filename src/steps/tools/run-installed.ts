import { AppError, errorCode } from "../../platform/errors.ts";
import type { ProgramEnd, ProgramOrder, Programs } from "../../programs/program-order.ts";

/** Runs a program that has to be installed. Where it is not, `program.missing` says how to get it: `how` is that sentence. */
export async function runInstalled(programs: Programs, order: ProgramOrder, how: string): Promise<ProgramEnd> {
  try {
    return await programs.run(order);
  } catch (error) {
    if (errorCode(error) !== "program.missing") throw error;
    const message = `The program "${order.program}" is not installed where this step is executed. ${how}`;
    throw new AppError(message, { code: "program.missing", cause: error });
  }
}
