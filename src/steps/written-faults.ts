import { type GivenFault, writtenText } from "../engine/given-fault.ts";
import { parseRepositoryUrl } from "../git/repository-url.ts";
import { isJsonList, isJsonMap, type Json } from "../platform/canonical-json.ts";
import { AppError } from "../platform/errors.ts";

/** What a function that throws an AppError has against a text, or the texts of a list; nothing against what an expression makes. */
export function textFaults(
  { value, path }: { readonly value: Json | undefined; readonly path: GivenFault["path"] },
  read: (text: string) => unknown,
): readonly GivenFault[] {
  if (isJsonList(value)) {
    return value.flatMap((member, index) => textFaults({ value: member, path: [...path, index] }, read));
  }
  const text = writtenText(value);
  if (text === undefined) return [];
  try {
    read(text);
    return [];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [{ path, message: error.message }];
  }
}

/** What is wrong with the address of a Git repository that stands at `path`. */
export function repositoryFaults(
  given: Readonly<Record<string, Json>>,
  path: readonly string[],
): readonly GivenFault[] {
  let value: Json | undefined = given;
  for (const name of path) value = isJsonMap(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return textFaults({ value, path }, parseRepositoryUrl);
}

/** The same of every folder or file in Git that one of these members names. */
export function gitFolderFaults(...members: readonly string[]) {
  return (given: Readonly<Record<string, Json>>): readonly GivenFault[] =>
    members.flatMap((member) => repositoryFaults(given, [member, "repository"]));
}
