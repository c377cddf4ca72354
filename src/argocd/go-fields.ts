import { z } from "zod";

/** A list. Go writes an empty one as null, [] or not at all; here it is always a list. */
export const listOf = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);

/** A text that Go leaves out when it is empty. */
export const text = z.string().default("");

/** A name that becomes a part of addresses, in which half a character cannot be written. */
export const name = z.string().overwrite((given) => given.toWellFormed());

/** A moment as Kubernetes writes it, to the second; undefined where there is none. */
export const moment = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);
