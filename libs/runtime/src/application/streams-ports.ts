import type { Clock, Logger, Random } from '@millrace/base';
import type { KafkaClient, QueryNetwork, StateEngine, StateEngines } from '@millrace/ports';
import type { SchemaSource } from '@millrace/serde';

/** What an application runs on. */
export interface StreamsPorts {
  /** Connections to Kafka. */
  readonly client: KafkaClient;
  /** Where state is kept. */
  readonly engines: StateEngines;
  /** An engine for the stores of a task that are kept in memory; without it they are kept like the others. */
  readonly memoryEngine?: () => StateEngine;
  /** All time comes from it. */
  readonly clock: Clock;
  /** All chance comes from it. */
  readonly random: Random;
  /** Where log lines go. */
  readonly logger: Logger;
  /** The schema registry, where serdes use one. */
  readonly registry?: SchemaSource;
  /** How instances ask each other; without it only what is here can be read. */
  readonly queryNetwork?: QueryNetwork;
}
