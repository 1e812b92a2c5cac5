/** Errors of the serde area; every code starts with MR_SERDE_. */
export const serdeErrors = {};
