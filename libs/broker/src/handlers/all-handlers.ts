/** Every API that the broker offers. */
import { apiVersionsResponse } from './api-versions.ts';
import { clusterHandlers } from './cluster.ts';
import { configHandlers } from './configs.ts';
import { fetchHandlers } from './fetch.ts';
import { groupHandlers } from './groups.ts';
import type { BrokerState, Handlers } from './handler.ts';
import { offsetHandlers } from './offsets.ts';
import { produceHandlers } from './produce.ts';
import { topicHandlers } from './topics.ts';
import { transactionAdminHandlers } from './transaction-admin.ts';
import { transactionHandlers } from './transactions.ts';

/** Handlers over the state of a broker. */
export function allHandlers(state: BrokerState): Handlers {
  const handlers: Handlers = {
    ...produceHandlers(state),
    ...fetchHandlers(state),
    ...offsetHandlers(state),
    ...clusterHandlers(state),
    ...topicHandlers(state),
    ...configHandlers(state),
    ...transactionHandlers(state),
    ...transactionAdminHandlers(state),
    ...groupHandlers(state),
    ApiVersions: (_request, _context, reply) => reply(response),
  };
  const response = apiVersionsResponse(handlers, state.limits);
  return handlers;
}
