/** Errors of the state area; every code starts with MR_STATE_. */
export const stateErrors = {};
