/** Does something synchronous that makes many errors which nobody throws: what one costs is almost wholly the place that it notes. */
export function withoutStacks<Result>(work: () => Result): Result {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = before;
  }
}
