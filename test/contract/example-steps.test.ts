// The tests of the example in the documentation, as its author would run them.
await import("../../docs/examples/acme-steps/steps.test.ts");
