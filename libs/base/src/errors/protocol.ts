/** Errors of the protocol area; every code starts with MR_PROTOCOL_. */
export const protocolErrors = {};
