import { AppError } from "../../platform/errors.ts";

const MOST_REASONS = 3;

/** What went wrong with the brokers: the library counts how often it has tried, and has the reasons further inside. */
export function kafkaError(thrown: unknown): AppError {
  const reasons = [...new Set(reasonsOf(thrown))].slice(0, MOST_REASONS);
  return new AppError(`Kafka cannot be read: ${reasons.join("; ")}`, {
    code: "kafka.failed",
    retry: "backoff",
    cause: thrown,
  });
}

function reasonsOf(thrown: unknown): readonly string[] {
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return thrown.errors.flatMap(reasonsOf);
  if (thrown instanceof Error && thrown.cause instanceof Error) return reasonsOf(thrown.cause);
  return [thrown instanceof Error ? thrown.message : String(thrown)];
}
