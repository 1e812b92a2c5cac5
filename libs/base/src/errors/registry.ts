/** Errors of the registry area; every code starts with MR_REGISTRY_. */
export const registryErrors = {};
