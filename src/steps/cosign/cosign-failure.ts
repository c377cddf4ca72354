import { AppError } from "../../platform/errors.ts";
import type { ProgramEnd } from "../../programs/program-order.ts";
import { lastWords, saysAway } from "../image/tool-call.ts";
import type { RunLog } from "../tools/run-log.ts";

// Cosign's own codes.
const UNSIGNED = 10;
const NO_MATCH = 12;

/**
 * What a bad end means. An outage comes first: while something is away nothing is known, and a retry may find out. What says that
 * the signatures are not as they must be is a verdict, and everything else is an error that is neither.
 */
export function cosignFailure(
  end: ProgramEnd,
  { what, signer, log }: { readonly what: string; readonly signer: string; readonly log: RunLog },
): AppError {
  const text = end.stderr;
  const why = lastWords(end, log).replace(/^error during command execution: /u, "");
  if (end.exitCode === UNSIGNED || /no signatures found/u.test(text)) {
    return failed("cosign.unsigned", `${what} is not signed: Cosign found no signature for it`);
  }
  if (saysAway(text) || AWAY.test(text)) {
    return failed(
      "cosign.unreachable",
      `Nothing is known of the signatures of ${what}, as something could not be reached: ${why}`,
      "backoff",
    );
  }
  if (/none of the attestations matched the predicate type/u.test(text)) {
    return failed("cosign.no-attestation", `${what} has no attestation of that type: ${why}`);
  }
  if (end.exitCode === NO_MATCH || WRONG.test(text)) {
    return failed("cosign.not-verified", `${what} is not signed by ${signer}: ${why}`);
  }
  if (DENIED.test(text)) {
    return failed("cosign.denied", `The registry does not give ${what}. Say who asks under "registry". ${why}`);
  }
  return failed("cosign.failed", `Cosign could not verify ${what}: ${why}`);
}

// Where the trusted root is to be fetched and cannot be had, whatever the reason.
const AWAY =
  /getting trusted root from TUF|failed to create TUF client|tuf refresh failed|fetching (?:trusted root|Rekor)/u;

const WRONG =
  /no matching (?:signatures|attestations)|failed to verify|none of the expected identities|invalid signature|could not verify|certificate identity/iu;

const DENIED = /UNAUTHORIZED|DENIED|unexpected status code 40[13]/u;

function failed(code: string, message: string, retry: "never" | "backoff" = "never"): AppError {
  return new AppError(message, { code, retry });
}
