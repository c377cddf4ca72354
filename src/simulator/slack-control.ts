import type { z } from "zod";

/** One thing that another process can make the simulator do: `POST /_control/<name>` with its arguments as JSON. */
export interface SlackControl {
  readonly run: (args: unknown) => unknown;
}

/** A control whose arguments are checked; wrong ones throw, and the caller gets the reason. */
export function defineControl<T>(args: z.ZodType<T>, run: (args: T) => unknown): SlackControl {
  return { run: (raw) => run(args.parse(raw)) };
}
