/** What a connector is made of and what it shows of itself. */
import type { Clock, Logger, Random } from '@millrace/base';
import type { KafkaClient, SchemaRegistry, TableSink } from '@millrace/ports';
import type { ConnectorConfig } from './config.ts';
import type { ConnectorMetrics } from './connector-metrics.ts';
import type { LaneLimits } from './partition-lane.ts';

/** Its parts and settings. Times in ms. */
export interface ConnectorOptions {
  readonly config: ConnectorConfig;
  readonly groupId: string;
  readonly client: KafkaClient;
  /** Needed where a format is `avro`. */
  readonly registry?: SchemaRegistry;
  /** Opened and closed by the connector. */
  readonly sink: TableSink;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Time between offset commits. @default 1000 */
  readonly commitIntervalMs?: number;
  /** How long a rebalance waits for writes that are on their way. @default 5000 */
  readonly releaseTimeoutMs?: number;
  /** How often topics are looked at: missing ones, others under the same name, partitions that were added. @default 5000 */
  readonly topicCheckMs?: number;
  /** @default 45000 */
  readonly sessionTimeoutMs?: number;
  /** Static membership. */
  readonly instanceId?: string;
  readonly limits?: Partial<LaneLimits>;
}

/** How a connector is. */
export interface ConnectorHealth {
  readonly ok: boolean;
  /** Why not, in one sentence. */
  readonly reason?: string;
}

/** A running connector. */
export interface Connector {
  /** Row writes acknowledged so far, deletes included. */
  readonly rowsWritten: number;
  metrics(): ConnectorMetrics;
  /** True while it does its work: in the group, tables reachable, topics there. */
  health(): ConnectorHealth;
  /** Whether everything that is committed in the topics now is acknowledged by the tables. */
  caughtUp(): Promise<boolean>;
  /** Writes what it has fetched, commits, leaves the group, closes the sink. @param timeoutMs after it what waits is left for the next start. Default 20000. */
  close(timeoutMs?: number): Promise<void>;
  /** Resolves with the error that ended it by itself; never when it is closed. */
  readonly failed: Promise<Error>;
}
