/** Errors of the runtime area; every code starts with MR_RUNTIME_. */
export const runtimeErrors = {};
