/**
 * A member of a consumer group with the classic protocol, cooperative (KIP-429): see the port for what its owner sees.
 *
 *   new ─join─▶ joining ─▶ stable (heartbeats) ─rebalance, revocation─▶ joining …    left, failed: the end
 *                 ▲            │ thrown out
 *                 └─ released ─┴─▶ lost
 *
 * One loop runs it all. It enters a round only when its owner has released what the last event took away, so a partition is never
 * claimed and given up at once. While a JoinGroup is out, the identity of the last generation stays valid for commits.
 */
import type { MillraceError, Timer } from '@millrace/base';
import type {
  CommittedOffset,
  GroupEvent,
  GroupMember,
  GroupMetadata,
  GroupOptions,
  MemberAssignment,
  OffsetToCommit,
  TopicPartition,
} from '@millrace/ports';
import { apis, errorCodes } from '@millrace/protocol';
import { backoffMs, isRetriable, retryBackoff } from './backoff.ts';
import { brokerError, isCoordinatorMoved } from './broker-error.ts';
import type { Cluster } from './cluster.ts';
import { CommittedOffsets } from './committed-offsets.ts';
import type { Coordinator } from './coordinator.ts';
import { GroupRound } from './group-round.ts';
import { Lifetime } from './lifetime.ts';
import { partitionKey } from './topic-partitions.ts';

/** A dead coordinator must not hold up leaving. */
const leaveTimeoutMs = 3_000;

export class KafkaGroupMember implements GroupMember {
  readonly #cluster: Cluster;
  readonly #options: GroupOptions;
  readonly #coordinator: Coordinator;
  readonly #lanes: readonly [group: string, join: string];
  readonly #round: GroupRound;
  readonly #offsets: CommittedOffsets;
  readonly #lifetime: Lifetime;
  #state: 'new' | 'running' | 'left' | 'failed' = 'new';
  #events: GroupEvent[] = [];
  #notify: () => void = () => undefined;
  #wake: () => void = () => undefined;
  /** With what the next JoinGroup is sent. */
  #memberId = '';
  /** Under which a generation was completed. */
  #recordedId = '';
  #isMember = false;
  /** What fences commits; kept when membership is lost, so that what is late is refused and not let through unfenced. */
  #fence: GroupMetadata;
  #owned: readonly TopicPartition[] = [];
  #rejoinReason: string | undefined = 'the member starts';
  /** An event took something away and its owner is not done with it: `told` once it has seen the event. */
  #release: 'none' | 'pending' | 'told' = 'none';
  #lastNextMs: number;

  constructor(cluster: Cluster, options: GroupOptions) {
    const { groupId, instanceId } = options;
    const lane = cluster.newLane('group');
    this.#cluster = cluster;
    this.#options = options;
    this.#lanes = [lane, `${lane}-join`];
    this.#coordinator = cluster.coordinator('group', groupId, lane);
    this.#round = new GroupRound(cluster, this.#coordinator, options, this.#lanes[1], (memberId, generation) =>
      this.#joined(memberId, generation),
    );
    this.#lifetime = new Lifetime(cluster.ports.clock, cluster.lifetime);
    this.#lifetime.onEnd(() => this.#end('left'));
    this.#offsets = new CommittedOffsets(cluster, this.#coordinator, groupId, this.#lifetime);
    const instance = instanceId === undefined ? {} : { instanceId };
    this.#fence = { groupId, memberId: '', generation: -1, membership: 0, ...instance };
    this.#lastNextMs = cluster.ports.clock.monotonic();
  }

  join(): void {
    if (this.#state !== 'new') return;
    this.#state = 'running';
    this.#lastNextMs = this.#cluster.ports.clock.monotonic();
    void this.#run();
  }

  next(): GroupEvent | undefined {
    this.#lastNextMs = this.#cluster.ports.clock.monotonic();
    const event = this.#events.shift();
    if (event !== undefined && this.#release === 'pending' && takesAway(event)) this.#release = 'told';
    return event;
  }

  onEvent(notify: () => void): void {
    this.#notify = notify;
  }

  released(): void {
    if (this.#release !== 'told') return;
    this.#release = 'none';
    this.#wake();
  }

  rejoin(reason: string): void {
    this.#rejoinReason = reason;
    this.#wake();
  }

  metadata(): GroupMetadata {
    return this.#fence;
  }

  committed(partitions: readonly TopicPartition[], requireStable: boolean): Promise<readonly CommittedOffset[]> {
    return this.#offsets.fetch(partitions, requireStable);
  }

  commit(offsets: readonly OffsetToCommit[]): Promise<void> {
    return this.#offsets.commit(offsets, this.#fence);
  }

  async leave({ evenStatic = false }: { readonly evenStatic?: boolean } = {}): Promise<void> {
    if (this.#state === 'left') return;
    const mustTell = this.#memberId !== '' && (this.#options.instanceId === undefined || evenStatic);
    this.#end('left');
    if (mustTell) await this.#sayGoodbye('the member leaves');
    for (const lane of this.#lanes) this.#cluster.closeLane(lane);
  }

  async #run(): Promise<void> {
    for (let failures = 0; this.#is('running');) {
      await this.#released();
      if (!this.#is('running')) return;
      const reason = this.#rejoinReason ?? 'a round ended early';
      this.#rejoinReason = undefined;
      const { generation } = this.#fence;
      const [memberId, recordedId, owned] = [this.#memberId, this.#recordedId, this.#owned];
      const end = await this.#round.run({ memberId, recordedId, owned, generation, reason });
      if (!this.#is('running')) return;
      if (end.type === 'assigned') {
        failures = 0;
        this.#recordedId = this.#memberId;
        this.#assigned(end.assignment);
        await this.#stay();
        continue;
      }
      if (end.type === 'failed') return this.#failed(end.error);
      if (end.type === 'lost') this.#lost(end.memberId, reason);
      this.#rejoinReason ??= reason;
      if (end.type === 'again' && end.atOnce) continue;
      await this.#pause(backoffMs(retryBackoff, failures++, this.#cluster.ports.random));
    }
  }

  #joined(memberId: string, generation: number | undefined): void {
    this.#memberId = memberId;
    if (generation === undefined) return;
    this.#isMember = true;
    this.#fence = { ...this.#fence, memberId, generation };
  }

  #assigned({ partitions: all, userData }: MemberAssignment): void {
    const before = keysOf(this.#owned);
    const after = keysOf(all);
    const added = all.filter((one) => !before.has(keyOf(one)));
    const revoked = this.#owned.filter((one) => !after.has(keyOf(one)));
    this.#owned = all;
    if (revoked.length > 0) this.#rejoinReason ??= 'partitions were revoked';
    this.#emit({ type: 'assigned', generation: this.#fence.generation, all, added, revoked, userData });
  }

  /** Heartbeats until a round is due. */
  async #stay(): Promise<void> {
    const { heartbeatIntervalMs = 3_000, maxPollIntervalMs = 300_000, groupId } = this.#options;
    const { clock, logger } = this.#cluster.ports;
    let dueMs = clock.monotonic() + heartbeatIntervalMs;
    while (this.#is('running') && this.#isMember) {
      if (this.#rejoinReason !== undefined && this.#release === 'none') return;
      await this.#pause(dueMs - clock.monotonic());
      if (!this.#is('running') || clock.monotonic() < dueMs) continue;
      dueMs = clock.monotonic() + heartbeatIntervalMs;
      if (clock.monotonic() - this.#lastNextMs > maxPollIntervalMs) {
        logger.log('warn', 'The owner of a group member is stuck; the member leaves.', { groupId, maxPollIntervalMs });
        await this.#sayGoodbye('max.poll.interval.ms has passed');
        return this.#lost('', 'max.poll.interval.ms had passed');
      }
      await this.#heartbeat();
    }
  }

  async #heartbeat(): Promise<void> {
    const { groupId, instanceId, sessionTimeoutMs = 45_000 } = this.#options;
    const { memberId, generation: generationId } = this.#fence;
    const body = { groupId, generationId, memberId, groupInstanceId: instanceId ?? null };
    let code: number;
    let node: number;
    try {
      const answered = await this.#coordinator.call(apis.Heartbeat, body, { timeoutMs: sessionTimeoutMs });
      code = answered.answer.errorCode;
      node = answered.node;
    } catch (error) {
      if (!isRetriable(error) && this.#is('running')) this.#failed(error as MillraceError);
      return;
    }
    if (code === errorCodes.NONE || !this.#is('running')) return;
    if (isCoordinatorMoved(code)) this.#coordinator.forget();
    else if (code === errorCodes.REBALANCE_IN_PROGRESS) this.#rejoinReason ??= 'the group rebalances';
    else if (code === errorCodes.UNKNOWN_MEMBER_ID) this.#lost('', 'the group did not know the member');
    else if (code === errorCodes.ILLEGAL_GENERATION) this.#lost(memberId, 'the group was ahead');
    else if (code === errorCodes.FENCED_INSTANCE_ID && this.#round.mayClaimAgain({ memberId, recordedId: memberId }))
      this.#lost('', 'a late claim of its own has fenced the member');
    else {
      const error = brokerError(code, { api: 'Heartbeat', node, about: this.#coordinator.about });
      if (!isRetriable(error)) this.#failed(error);
    }
  }

  /** Thrown out. What waits to be told is void: whatever it gave belongs to others now. */
  #lost(memberId: string, reason: string): void {
    this.#memberId = memberId;
    this.#isMember = false;
    this.#fence = { ...this.#fence, membership: (this.#fence.membership ?? 0) + 1 };
    this.#rejoinReason = reason;
    if (this.#owned.length === 0 && this.#release === 'none') return;
    this.#owned = [];
    this.#events = [];
    this.#emit({ type: 'lost' });
  }

  #failed(error: MillraceError): void {
    this.#end('failed');
    this.#emit({ type: 'failed', error });
  }

  #end(state: 'left' | 'failed'): void {
    if (this.#state === 'left' || this.#state === 'failed') return;
    this.#state = state;
    this.#lifetime.end();
    this.#wake();
  }

  #emit(event: GroupEvent): void {
    if (takesAway(event)) this.#release = 'pending';
    this.#events.push(event);
    this.#notify();
  }

  async #released(): Promise<void> {
    while (this.#release !== 'none' && this.#is('running')) await this.#pause(Infinity);
  }

  /** Waits, or until something happens. */
  #pause(forMs: number): Promise<void> {
    return new Promise((resolve) => {
      let timer: Timer | undefined = undefined;
      const done = (): void => {
        timer?.cancel();
        this.#wake = () => undefined;
        resolve();
      };
      this.#wake = done;
      if (forMs < Infinity) timer = this.#cluster.ports.clock.setTimer(Math.max(0, forMs), done);
    });
  }

  async #sayGoodbye(reason: string): Promise<void> {
    const { groupId, instanceId } = this.#options;
    const memberId = this.#memberId;
    const body = (version: number) =>
      version >= 3
        ? { groupId, members: [{ memberId, groupInstanceId: instanceId ?? null, reason }] }
        : { groupId, memberId };
    await this.#coordinator.call(apis.LeaveGroup, body, { timeoutMs: leaveTimeoutMs }).catch((error: MillraceError) => {
      const fields = { groupId, why: error.message };
      this.#cluster.ports.logger.log('info', 'A member could not say that it leaves; its session will end.', fields);
    });
  }

  /** Reads the state afresh: it may have changed while something was awaited. */
  #is(state: 'running'): boolean {
    return this.#state === state;
  }
}

/** Whether its owner has to give something up. */
function takesAway(event: GroupEvent): boolean {
  return event.type === 'lost' || (event.type === 'assigned' && event.revoked.length > 0);
}

function keyOf({ topic, partition }: TopicPartition): string {
  return partitionKey(topic, partition);
}

function keysOf(partitions: readonly TopicPartition[]): ReadonlySet<string> {
  return new Set(partitions.map(keyOf));
}
