const LONGEST = 500;

// What some file systems take for `.git`: upper case, a short name, what is left out at the end, and characters that nobody sees.
const GIT_FOLDER = /^(?:\.git|git~\d+)(?:[. ]*|:.*)$/iu;

/** Why a text cannot be the path of a file in a repository, from its root and with `/`; undefined when it can. */
export function filePathProblem(path: string): string | undefined {
  if (path === "" || path.length > LONGEST) return `a path has 1 to ${LONGEST} characters`;
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\\]/u.test(path)) return "a path has no backslash and no character that nobody sees";
  const parts = path.split("/");
  if (parts.includes("")) return "a path begins and ends without a slash, and has no two in a row";
  if (parts.some((part) => part === "." || part === "..")) return "a path has no . and no .. in it";
  if (parts.some((part) => GIT_FOLDER.test(part))) return "what is below .git belongs to Git";
  return undefined;
}
