import type { Mutant } from "./mutant.ts";

/** Bugs in what waits for a word from outside, and in what is done to others over HTTP. They are looked for in worlds of their own. */
export const kindsMutants: readonly Mutant[] = [
  {
    file: "domain/receive-signal.ts",
    what: "a signal that comes before its step is forgotten",
    find: "if (step !== undefined && kept !== undefined) take(draft, step, kept);",
    replace: "",
  },
  {
    file: "domain/receive-signal.ts",
    what: "a step that waits does not hear its signal",
    find: "if (step !== undefined) take(draft, step, { by: actor, at: draft.at, payload: read.payload });",
    replace: "",
  },
  {
    file: "domain/receive-signal.ts",
    what: "what comes with a signal is taken as it is",
    find: 'if (problems.size > 0 || read?.kind !== "read") {',
    replace:
      'if (read?.kind !== "read") { draft.emit({ type: "signal.received", actor, name, payload: { ...given } }); return;',
  },
  {
    file: "domain/receive-signal.ts",
    what: "the values that came are lost on the way",
    find: 'draft.emit({ type: "signal.received", actor, name, payload: { ...read.payload } });',
    replace: 'draft.emit({ type: "signal.received", actor, name, payload: {} });',
  },
  {
    file: "domain/signal-ask.ts",
    what: "values are taken that nobody has agreed on",
    find: "if (!Object.hasOwn(fields, name)) problems.push(unknownField(name, Object.keys(fields)));",
    replace: "if (!Object.hasOwn(fields, name)) payload[name] = given[name] ?? null;",
  },
  {
    file: "domain/signal-ask.ts",
    what: "a value that is missing is no problem",
    find: "if (field.optional !== true) problems.push(`${name} is missing: ${fieldText(field)}`);",
    replace: "",
  },
  {
    file: "domain/signal-ask.ts",
    what: "a number stays the text that it came as",
    find: "return readNumber(value);",
    replace: "return value;",
  },
  {
    file: "domain/signal.ts",
    what: "a second signal takes the place of one that is kept",
    find: "if (kept !== undefined) {",
    replace: "if (kept !== undefined && kept.at < 0) {",
  },
  {
    file: "domain/signal.ts",
    what: "a run that is being cancelled still takes signals",
    find: 'case "running":\n    case "failing":\n    case "concluding":\n      return undefined;\n    case "cancelling":',
    replace:
      'case "running":\n    case "failing":\n    case "concluding":\n    case "cancelling":\n      return undefined;\n    case "never" as never:',
  },
  {
    file: "domain/signal.ts",
    what: "a run that is over takes signals",
    find: "if (over !== undefined) return over;",
    replace: "",
  },
  {
    file: "domain/signal.ts",
    what: "nothing is taken before its step is reached",
    find: "isAhead: step === undefined || isUnderWay(step)",
    replace: "isAhead: step !== undefined && isUnderWay(step)",
  },
  {
    file: "domain/evolve.ts",
    what: "a signal that was taken stays there for the next step",
    find: "signals.delete(step.signal.name);",
    replace: "",
  },
  {
    file: "domain/evolve.ts",
    what: "a signal is kept without who sent it",
    find: 'const { at, actor: by = "", name, payload } = event;',
    replace: 'const { at, name, payload } = event; const by = "";',
  },
  {
    file: "domain/attempt.ts",
    what: "a step is begun without what it waits for",
    find: "const signal = signalOf(node, input);",
    replace: "const signal = signalOf({ ...node, awaits: undefined }, input);",
  },
  {
    file: "domain/next-work.ts",
    what: "a run that waits for a signal is watched",
    find: "if (step.signal !== undefined) return undefined;",
    replace: "",
  },
  {
    file: "domain/walk.ts",
    what: "a signal beside a failure is waited for all the same",
    find: 'return sort === "gate" || signal !== undefined;',
    replace: 'return sort === "gate";',
  },
  {
    file: "steps/http/once-sent.ts",
    what: "a post that may have been sent is sent again after a crash",
    find: 'if (repeat === "ask" && before?.attempt === attempt) return { kind: "interrupted" };',
    replace: "",
  },
  {
    file: "steps/http/once-sent.ts",
    what: "a post whose answer was lost is sent again by itself",
    find: 'if (repeat !== "ask" || !mayBeDone) return undefined;',
    replace: "if (repeat !== undefined || !mayBeDone) return undefined;",
  },
  {
    file: "steps/cluster/cluster-failure.ts",
    what: "a refusal says the token that it repeats",
    find: 'if (secret !== "") clean = clean.replaceAll(secret, MASK);',
    replace: "",
  },
  {
    file: "steps/cluster/argocd-cluster.ts",
    what: "a cluster is said to be registered before it is",
    find: "? await client.clusters.create({ server, ...wanted }, { signal })",
    replace: '? { connectionState: { status: "", message: "" }, serverVersion: "" }',
  },
];
