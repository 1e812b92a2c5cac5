/** Errors of the client area; every code starts with MR_CLIENT_. */
export const clientErrors = {};
