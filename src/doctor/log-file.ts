import { errorCode, errorMessage } from "../platform/errors.ts";
import { type Finding, Subject } from "./finding.ts";

/** Whether the log can be opened by this version of the program; it is only read. */
export function logFile(open: () => Disposable): readonly Finding[] {
  const about = new Subject("data", "log");
  try {
    open()[Symbol.dispose]();
    return [about.ok("it can be read; `quarterdeck audit verify` proves that it was not altered")];
  } catch (error) {
    if (errorCode(error) === "store.missing") return [about.ok("it is not there yet; the first start makes it")];
    if (errorCode(error) === "store.older")
      return [about.ok("it is of an older version; the next start brings it up to date")];
    const why = "the server does not start with it";
    return [about.problem({ what: errorMessage(error), why, mend: "do as the message says, or bring back a backup" })];
  }
}
