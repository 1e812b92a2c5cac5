/** Answers the queries of other instances, as far as it is allowed to. */
import type { Logger } from '@millrace/base';
import type { QueryNetwork, QueryServer } from '@millrace/ports';
import type { StreamsConfig } from '../settings/config.ts';
import type { InteractiveQueries } from './interactive-queries.ts';
import { answerOfKey } from './key-question.ts';
import { listenAddress } from './query-access.ts';
import { decodeRequest, encodeAnswer } from './query-wire.ts';

/** Undefined where nothing is served: without a network, without an address, or without a token for an address that others reach. */
export async function serveQueries(
  queries: InteractiveQueries,
  network: QueryNetwork | undefined,
  config: StreamsConfig,
  logger: Logger,
): Promise<QueryServer | undefined> {
  const { applicationServer } = config;
  if (network === undefined || applicationServer === null) return undefined;
  const address = listenAddress(config);
  if (address === null) {
    const why = 'without interactive.query.token only this machine may ask';
    logger.log('warn', `Queries of other instances are not answered: ${why}.`, { applicationServer });
    return undefined;
  }
  return network.serve(
    address,
    (request) => answerOfKey(queries, request) ?? encodeAnswer(() => queries.answer(decodeRequest(request))),
  );
}
