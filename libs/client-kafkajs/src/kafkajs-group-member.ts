import { MillraceError, type Clock, type Logger } from '@millrace/base';
import type {
  CommittedOffset,
  GroupEvent,
  GroupMember,
  GroupMetadata,
  GroupOptions,
  MemberSubscription,
  OffsetToCommit,
  TopicPartition,
  TopicView,
} from '@millrace/ports';
import kafkajs from 'kafkajs';
import { translated, type Broker, type Cluster } from './cluster.ts';

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;

export interface GroupPorts {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly logger: Logger;
  describe(topics: readonly string[]): Promise<ReadonlyMap<string, TopicView>>;
}

/**
 * A member of a classic group with the eager protocol, the only one kafkajs speaks: before it rejoins it gives everything up,
 * and a static id (`instanceId`) is not sent.
 *
 *   joining ─▶ stable ─▶ releasing (owner gives everything up) ─▶ joining …      left
 */
export class KafkajsGroupMember implements GroupMember {
  readonly #options: GroupOptions;
  readonly #ports: GroupPorts;
  readonly #events: GroupEvent[] = [];
  #notify: () => void = () => undefined;
  #owned: readonly TopicPartition[] = [];
  #memberId = '';
  #generation = -1;
  #state: 'new' | 'joining' | 'stable' | 'releasing' | 'left' = 'new';
  #rejoinWanted = false;

  constructor(options: GroupOptions, ports: GroupPorts) {
    this.#options = options;
    this.#ports = ports;
  }

  join(): void {
    if (this.#state === 'new') void this.#run();
  }

  next(): GroupEvent | undefined {
    return this.#events.shift();
  }

  onEvent(notify: () => void): void {
    this.#notify = notify;
  }

  released(): void {
    if (this.#state === 'releasing') void this.#run();
  }

  rejoin(): void {
    this.#rejoinWanted = true;
  }

  metadata(): GroupMetadata {
    return { groupId: this.#options.groupId, memberId: this.#memberId, generation: this.#generation };
  }

  /** kafkajs cannot ask for stable offsets; this adapter serves at-least-once only, which does not need them. */
  async committed(partitions: readonly TopicPartition[]): Promise<readonly CommittedOffset[]> {
    const coordinator = await this.#coordinator();
    const { responses } = await coordinator.offsetFetch({
      groupId: this.#options.groupId,
      topics: byTopic(partitions, ({ partition }) => ({ partition })),
    });
    return responses
      .flatMap(({ topic, partitions: found }) =>
        found.map(({ partition, offset, metadata }) => ({
          topic,
          partition,
          offset: Number(offset),
          metadata: metadata ?? '',
        })),
      )
      .filter(({ offset }) => offset >= 0);
  }

  async commit(offsets: readonly OffsetToCommit[]): Promise<void> {
    if (offsets.length === 0) return;
    try {
      const coordinator = await this.#coordinator();
      await coordinator.offsetCommit({
        groupId: this.#options.groupId,
        groupGenerationId: this.#generation,
        memberId: this.#memberId,
        topics: byTopic(offsets, ({ partition, offset, metadata }) => ({
          partition,
          offset: String(offset),
          metadata,
        })),
      });
    } catch (error) {
      throw translated(error, 'committing offsets');
    }
  }

  async leave(): Promise<void> {
    if (this.#state === 'left') return;
    this.#state = 'left';
    if (this.#memberId === '') return;
    const coordinator = await this.#coordinator();
    await coordinator.leaveGroup({ groupId: this.#options.groupId, memberId: this.#memberId }).catch(() => undefined);
  }

  async #coordinator(): Promise<Broker> {
    await this.#ports.cluster.connect();
    return this.#ports.cluster.findGroupCoordinator({ groupId: this.#options.groupId });
  }

  /** Joins, then heartbeats until something ends the generation. */
  async #run(): Promise<void> {
    this.#state = 'joining';
    for (;;) {
      try {
        await this.#joinOnce();
        break;
      } catch (error) {
        if (this.#has('left')) return;
        const known = translated(error, 'joining the group');
        if (MillraceError.is(known) && known.severity !== 'retriable' && !isRebalance(error))
          return this.#emit({ type: 'failed', error: known });
        if (isUnknownMember(error)) this.#memberId = '';
        await this.#ports.clock.sleep(200);
      }
    }
    if (!this.#has('left')) await this.#heartbeats();
  }

  async #joinOnce(): Promise<void> {
    const {
      groupId,
      assignor,
      topics,
      userData,
      sessionTimeoutMs = 45_000,
      maxPollIntervalMs = 300_000,
    } = this.#options;
    const coordinator = await this.#coordinator();
    const metadata = MemberMetadata.encode({
      version: 1,
      topics: [...topics],
      userData: userData?.() ?? Buffer.alloc(0),
    });
    const joined = await coordinator.joinGroup({
      groupId,
      memberId: this.#memberId,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: maxPollIntervalMs,
      groupProtocols: [{ name: assignor.name, metadata }],
    });
    this.#memberId = joined.memberId;
    this.#generation = joined.generationId;
    const groupAssignment = joined.leaderId === joined.memberId ? await this.#assignAll(joined.members) : [];
    const synced = await coordinator.syncGroup({
      groupId,
      generationId: joined.generationId,
      memberId: joined.memberId,
      groupAssignment,
    });
    this.#accept(synced.memberAssignment);
  }

  async #assignAll(
    members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[],
  ): Promise<{ memberId: string; memberAssignment: Buffer }[]> {
    const subscriptions = members.map(({ memberId, memberMetadata }): MemberSubscription => {
      const decoded = MemberMetadata.decode(memberMetadata);
      return {
        memberId,
        topics: decoded?.topics ?? [],
        owned: [],
        generation: -1,
        userData: decoded?.userData ?? Buffer.alloc(0),
      };
    });
    const topics = await this.#ports.describe([...new Set(subscriptions.flatMap((member) => member.topics))]);
    const decided = await this.#options.assignor.assign(subscriptions, topics);
    return [...decided].map(([memberId, { partitions, userData }]) => {
      const assignment = Object.fromEntries(
        byTopic(partitions, ({ partition }) => partition).map(({ topic, partitions: own }) => [topic, [...own]]),
      );
      return { memberId, memberAssignment: MemberAssignment.encode({ version: 0, assignment, userData }) };
    });
  }

  #accept(bytes: Buffer): void {
    const decoded = bytes.length === 0 ? null : MemberAssignment.decode(bytes);
    const all = Object.entries(decoded?.assignment ?? {}).flatMap(([topic, own]) =>
      own.map((partition) => ({ topic, partition })),
    );
    this.#owned = all;
    this.#state = 'stable';
    const { userData } = decoded ?? {};
    this.#emit({
      type: 'assigned',
      generation: this.#generation,
      all,
      added: all,
      revoked: [],
      userData: userData ?? Buffer.alloc(0),
    });
  }

  async #heartbeats(): Promise<void> {
    const { groupId, heartbeatIntervalMs = 3_000 } = this.#options;
    while (this.#state === 'stable') {
      await this.#ports.clock.sleep(heartbeatIntervalMs);
      if (this.#state !== 'stable') return;
      if (this.#rejoinWanted) return this.#release();
      try {
        const coordinator = await this.#coordinator();
        await coordinator.heartbeat({ groupId, groupGenerationId: this.#generation, memberId: this.#memberId });
      } catch (error) {
        if (isRebalance(error)) return this.#release();
        if (isUnknownMember(error)) return this.#lose();
        this.#ports.logger.log('warn', 'A heartbeat failed.', { groupId, message: (error as Error).message });
      }
    }
  }

  /** The eager protocol: everything is given up before the next generation. */
  #release(): void {
    this.#state = 'releasing';
    this.#rejoinWanted = false;
    const revoked = this.#owned;
    this.#owned = [];
    this.#emit({
      type: 'assigned',
      generation: this.#generation,
      all: [],
      added: [],
      revoked,
      userData: Buffer.alloc(0),
    });
  }

  #lose(): void {
    this.#state = 'releasing';
    this.#owned = [];
    this.#memberId = '';
    this.#emit({ type: 'lost' });
  }

  #emit(event: GroupEvent): void {
    this.#events.push(event);
    this.#notify();
  }

  #has(state: 'left'): boolean {
    return this.#state === state;
  }
}

const typeOf = (error: unknown): string => (error as { type?: string } | undefined)?.type ?? '';
const isRebalance = (error: unknown): boolean =>
  ['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION'].includes(typeOf(error));
const isUnknownMember = (error: unknown): boolean =>
  ['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION'].includes(typeOf(error));

function byTopic<T extends TopicPartition, P>(
  items: readonly T[],
  of: (item: T) => P,
): { topic: string; partitions: P[] }[] {
  const topics = new Map<string, P[]>();
  for (const item of items) topics.set(item.topic, [...(topics.get(item.topic) ?? []), of(item)]);
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }));
}
