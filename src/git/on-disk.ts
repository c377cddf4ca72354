import { AppError } from "../platform/errors.ts";

/** Does something with files; whatever the system has against it becomes an AppError `git.disk` that names the folder. */
export async function onDisk<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError(
      `The copies of Git repositories cannot be kept in ${folder}. Check that the folder is writable for this user and that there is space`,
      { code: "git.disk", retry: "backoff", cause: error },
    );
  }
}
