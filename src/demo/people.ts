/** The people of the demo's workspace who act in its plays, and the channel in which they do. */
export const ANA = "U0ANA00001";
export const BEN = "U0BEN00001";
export const PRIYA = "U0PRIYA001";
export const MARCO = "U0MARCO001";
export const OLGA = "U0OLGA0001";
export const DEPLOYS = "C0DEPLOYS1";
