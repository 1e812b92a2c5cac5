/** Errors of the sink area; every code starts with MR_SINK_. */
export const sinkErrors = {};
