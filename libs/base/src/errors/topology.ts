/** Errors of the topology area; every code starts with MR_TOPOLOGY_. */
export const topologyErrors = {};
