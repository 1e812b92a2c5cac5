/** Errors of the config area; every code starts with MR_CONFIG_. */
export const configErrors = {};
