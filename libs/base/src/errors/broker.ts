/** Errors of the broker area; every code starts with MR_BROKER_. */
export const brokerErrors = {};
