import { z } from "zod";

/** A text that a vendor may leave out or send as null: then it is empty. */
export const OptionalText = z
  .string()
  .nullish()
  .transform((text) => text ?? "");

/** The e-mail address of a person, an author or a pusher who may be missing, or have none. */
export const MailOf = z
  .looseObject({ email: OptionalText })
  .nullish()
  .transform((person) => person?.email ?? "");

/** An id that one vendor writes as a number and another as a text. */
export const Id = z.union([z.string(), z.number()]).transform(String);

/** The same where it may be missing. */
export const OptionalId = Id.nullish().transform((id) => id ?? "");
