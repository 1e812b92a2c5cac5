/**
 * Makes sure that a transaction that has ended has ended everywhere.
 *
 * EndTxn is answered before the markers are written; that is the coordinator's business, and a coordinator that goes down meanwhile has the
 * rest written when it is back. Brokers 4.1 to 4.3 do not always: a partition that has no leader at that moment is taken for deleted and left
 * out (KAFKA-20734), as happens when the only broker, or every replica, is restarted after a crash. What the transaction wrote there would
 * end with the next marker of its producer: lost with an abort though it was committed, or visible with a commit though it was aborted. So when
 * a connection was lost since a transaction began, its partitions are asked for it before the next one writes, and a marker that is missing
 * is written. Kafka's own clients do not look.
 */
import { javaHash, MillraceError, type ErrorCode } from '@millrace/base';
import type { TopicPartition } from '@millrace/ports';
import { apis, errorCodes } from '@millrace/protocol';
import { backoffMs, retryBackoff } from './backoff.ts';
import { brokerError } from './broker-error.ts';
import type { Cluster } from './cluster.ts';
import { atLeaders } from './leaders.ts';
import { byTopic, partitionName } from './topic-partitions.ts';
import type { TransactionCoordinator } from './transaction-coordinator.ts';

/** A transaction as its producer knows it. Epochs tell transactions apart from transactions v2 on (KIP-890). */
export interface EndedTransaction {
  readonly producerId: number;
  /** The epoch under which it wrote. */
  readonly producerEpoch: number;
  readonly committed: boolean;
  readonly partitions: readonly TopicPartition[];
  /** Groups whose offsets were part of it. */
  readonly groups: readonly string[];
}

/** The last transaction of an id before it is taken over: where it wrote nobody tells any more. */
export type FormerTransaction = Omit<EndedTransaction, 'partitions' | 'groups'>;

/** A partition on which a transaction is still open. */
interface OpenPartition extends TopicPartition {
  readonly coordinatorEpoch: number;
}

const cannotTell = 'Whether the last transaction has ended everywhere cannot be told.';
const offsetsTopic = '__consumer_offsets';
/** What may not be asked is not known, and the next transaction begins as with any other client. */
const unasked: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['MR_CLIENT_BROKER_TOO_OLD', 'MR_CLIENT_NOT_AUTHORIZED']);

export class TransactionMarkers {
  readonly #cluster: Cluster;
  readonly #coordinator: TransactionCoordinator;
  readonly #lane: string;

  constructor(cluster: Cluster, coordinator: TransactionCoordinator, lane: string) {
    this.#cluster = cluster;
    this.#coordinator = coordinator;
    this.#lane = lane;
  }

  /**
   * The last transaction of the id before it is taken over, if it is certain how it ends. Its producer may have crashed with the
   * broker, or have been taken for fenced by a coordinator that has forgotten its last epoch in a crash.
   */
  async former(isWanted: () => boolean): Promise<FormerTransaction | undefined> {
    try {
      const found = await this.#coordinator.describe(isWanted);
      const outcome = /^(?:Prepare|Complete)(Commit|Abort)$/.exec(found?.transactionState ?? '')?.[1];
      if (found === undefined || outcome === undefined) return undefined;
      const { producerId, producerEpoch } = found;
      return { producerId, producerEpoch: producerEpoch - 1, committed: outcome === 'Commit' };
    } catch (error) {
      if (isWanted()) this.#log(cannotTell, { why: String(error) });
      return undefined;
    }
  }

  /** Resolves when the transaction is open nowhere, when that may not be asked, or when nobody waits any more. */
  async ensure(ended: EndedTransaction, isWanted: () => boolean): Promise<void> {
    const { ports, lifetime } = this.#cluster;
    for (let attempt = 0; isWanted() && !lifetime.ended; attempt++) {
      const open = await this.#look(ended, isWanted);
      if (open !== undefined && (open.length === 0 || (await this.#write(ended, open)))) return;
      await lifetime.sleep(backoffMs(retryBackoff, attempt, ports.random));
    }
  }

  /** The partitions on which it is open once its coordinator has done what it will do; undefined: look again. */
  async #look(ended: EndedTransaction, isWanted: () => boolean): Promise<readonly OpenPartition[] | undefined> {
    try {
      const last = await this.#coordinator.describe(isWanted);
      return last?.transactionState.startsWith('Prepare') === true ? undefined : await this.#open(ended);
    } catch (error) {
      if (isWanted()) this.#log(cannotTell, { why: String(error) });
      return MillraceError.is(error) && unasked.has(error.code) ? [] : undefined;
    }
  }

  async #open({ producerId, producerEpoch, partitions, groups }: EndedTransaction): Promise<readonly OpenPartition[]> {
    const topics = [...new Set(partitions.map(({ topic }) => topic)), ...(groups.length > 0 ? [offsetsTopic] : [])];
    const views = await this.#cluster.describe(topics, 0);
    const count = views.get(offsetsTopic)?.partitions.length ?? 0;
    const ofGroups = count === 0 ? [] : groups.map((groupId) => offsetsPartition(groupId, count));
    const open: OpenPartition[] = [];
    const asked = [...partitions.filter(({ topic }) => views.has(topic)), ...ofGroups];
    await atLeaders(this.#cluster, asked, async (node, own, answered) => {
      const body = { topics: indexesByTopic(own) };
      const answer = await this.#cluster.call(node, this.#lane, apis.DescribeProducers, body);
      for (const { name: topic, partitions: described } of answer.topics) {
        for (const { partitionIndex: partition, errorCode, activeProducers } of described) {
          const at = { topic, partition };
          if (errorCode !== errorCodes.NONE)
            throw brokerError(errorCode, { api: 'DescribeProducers', node, about: partitionName(at) });
          answered(at);
          const left = activeProducers.find((one) => one.producerId === producerId && one.currentTxnStartOffset >= 0);
          if (left !== undefined && left.producerEpoch <= producerEpoch)
            open.push({ ...at, coordinatorEpoch: left.coordinatorEpoch });
        }
      }
    });
    return open;
  }

  /** Writes the markers that are missing; false when that has to be tried again. */
  async #write(ended: EndedTransaction, open: readonly OpenPartition[]): Promise<boolean> {
    const partitions = open.map(partitionName).join(', ');
    const outcome = ended.committed ? 'committed' : 'aborted';
    this.#log('Kafka has lost markers of a transaction that has ended (KAFKA-20734); they are written now.', {
      partitions,
      outcome,
    });
    try {
      await atLeaders(this.#cluster, open, (node, own, answered) => this.#writeAt(node, ended, own, answered));
      return true;
    } catch (error) {
      const remedy = 'Nothing is written until it succeeds. Grant the principal of this client ALTER on the cluster.';
      this.#log('A missing marker cannot be written.', { partitions, outcome, why: String(error), remedy });
      return false;
    }
  }

  async #writeAt(
    node: number,
    { producerId, producerEpoch, committed }: EndedTransaction,
    own: readonly OpenPartition[],
    answered: (at: TopicPartition) => void,
  ): Promise<void> {
    const marker = {
      producerId,
      // As the coordinator does it with transactions v2: the marker fences the epoch that it ends.
      producerEpoch: producerEpoch + 1,
      transactionResult: committed,
      topics: indexesByTopic(own),
      coordinatorEpoch: Math.max(0, ...own.map(({ coordinatorEpoch }) => coordinatorEpoch)),
      transactionVersion: 2,
    };
    const answer = await this.#cluster.call(node, this.#lane, apis.WriteTxnMarkers, { markers: [marker] });
    for (const { topics } of answer.markers) {
      for (const { name: topic, partitions } of topics) {
        for (const { partitionIndex: partition, errorCode } of partitions) {
          const at = { topic, partition };
          if (errorCode !== errorCodes.NONE)
            throw brokerError(errorCode, { api: 'WriteTxnMarkers', node, about: partitionName(at) });
          answered(at);
        }
      }
    }
  }

  #log(text: string, fields: Readonly<Record<string, string>>): void {
    const { transactionalId } = this.#coordinator;
    this.#cluster.ports.logger.log('warn', text, { transactionalId, ...fields });
  }
}

/** Partitions as the messages about producers and markers want them. */
function indexesByTopic(partitions: readonly TopicPartition[]): { name: string; partitionIndexes: number[] }[] {
  return byTopic(partitions).map(([name, of]) => ({ name, partitionIndexes: of.map(({ partition }) => partition) }));
}

/** Where a group's offsets are: the hash of its id, made positive as `Utils.abs` does it. */
function offsetsPartition(groupId: string, count: number): TopicPartition {
  const hash = javaHash(groupId);
  return { topic: offsetsTopic, partition: (hash === -0x8000_0000 ? 0 : Math.abs(hash)) % count };
}
