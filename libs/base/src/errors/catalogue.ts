import { baseErrors } from './base.ts';
import { brokerErrors } from './broker.ts';
import { clientErrors } from './client.ts';
import { configErrors } from './config.ts';
import { kafkajsErrors } from './kafkajs.ts';
import { protocolErrors } from './protocol.ts';
import { queryErrors } from './query.ts';
import { recordPathErrors } from './record-path.ts';
import { registryErrors } from './registry.ts';
import { runtimeErrors } from './runtime.ts';
import { serdeErrors } from './serde.ts';
import { sinkErrors } from './sink.ts';
import { stateErrors } from './state.ts';
import { topologyErrors } from './topology.ts';

/** Every error of Millrace by its code. `docs/errors.md` lists the same codes; a test holds the two in step. */
export const errorCatalogue = {
  ...baseErrors,
  ...brokerErrors,
  ...clientErrors,
  ...configErrors,
  ...kafkajsErrors,
  ...protocolErrors,
  ...queryErrors,
  ...recordPathErrors,
  ...registryErrors,
  ...runtimeErrors,
  ...serdeErrors,
  ...sinkErrors,
  ...stateErrors,
  ...topologyErrors,
};

/** Every code that a `MillraceError` can have; `docs/errors.md` tells each with its remedy. */
export type ErrorCode = keyof typeof errorCatalogue;
