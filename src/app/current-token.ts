import { errorText } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";

/**
 * A token that is asked for with each call, so that one that was replaced in its file counts without a restart. While it cannot be
 * read the last one goes on being used, as it may be in the middle of being replaced. Throws when it cannot be read at first.
 */
export function currentToken(resolve: () => string, logger: Logger): () => string {
  let token = resolve();
  let trouble = "";
  return () => {
    try {
      token = resolve();
      trouble = "";
    } catch (error) {
      const text = errorText(error);
      if (text !== trouble) logger.warn("a token cannot be read; the last one is used", { error: text });
      trouble = text;
    }
    return token;
  };
}
