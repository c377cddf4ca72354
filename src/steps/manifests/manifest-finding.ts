/** What is wrong with an object. */
export interface ManifestFinding {
  /** `Deployment/checkout` */
  readonly where: string;
  /** The name of the rule, or `schema`. */
  readonly rule: string;
  readonly problem: string;
}
