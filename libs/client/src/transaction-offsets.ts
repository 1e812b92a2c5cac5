/** Input positions that join a transaction, fenced by the generation of the group member that read them (KIP-447). */
import { millraceError, type MillraceError } from '@millrace/base';
import type { GroupMetadata, OffsetToCommit } from '@millrace/ports';
import { apis, errorCodes, errorName } from '@millrace/protocol';
import type { ProducerIdentity } from './producer-identity.ts';
import type { Cluster } from './cluster.ts';
import type { Coordinator } from './coordinator.ts';
import { offsetTopics } from './offset-topics.ts';
import { telling, type Judged, type TransactionCoordinator } from './transaction-coordinator.ts';

/** How long the answer to a JoinGroup may be behind the generation that it begins, and how often it is looked for. */
const joinGraceMs = 2_000;
const joinPollMs = 5;

export interface OffsetsRequest {
  readonly identity: ProducerIdentity;
  readonly version: 1 | 2;
  readonly offsets: readonly OffsetToCommit[];
  /** The identity of the member as it is now. */
  readonly group: () => GroupMetadata;
  /** Offsets that are not taken until then doom the transaction: it would time out. */
  readonly deadlineMs: number;
  readonly isWanted: () => boolean;
}

/** Why offsets did not join. */
export interface OffsetsRefused {
  readonly verdict: Judged<unknown>['verdict'];
  readonly code: number;
  readonly error: MillraceError;
}

export class TransactionOffsets {
  readonly #cluster: Cluster;
  readonly #transaction: TransactionCoordinator;
  readonly #lane: string;
  readonly #coordinators = new Map<string, Coordinator>();
  /** Groups of the transaction (transactions v1). */
  readonly #joined = new Set<string>();

  constructor(cluster: Cluster, transaction: TransactionCoordinator, lane: string) {
    this.#cluster = cluster;
    this.#transaction = transaction;
    this.#lane = lane;
  }

  /** A new transaction. */
  reset(): void {
    this.#joined.clear();
  }

  /**
   * Resolves with why they were refused, or with nothing. Rejects when the answer was lost and may not be asked for again.
   *
   * The group may have entered its next generation while the answer to our JoinGroup is still on its way. The membership is the same then, and
   * so is what it owns: the offsets are sent again under the new generation.
   */
  async send(request: OffsetsRequest): Promise<OffsetsRefused | undefined> {
    for (;;) {
      const group = request.group();
      const refused = await this.#send(request, group);
      if (refused?.code !== errorCodes.ILLEGAL_GENERATION || !(await this.#movesOn(request, group))) return refused;
    }
  }

  async #send(request: OffsetsRequest, group: GroupMetadata): Promise<OffsetsRefused | undefined> {
    const { identity, version } = request;
    // A broker takes offsets without member and generation from anybody: never send such.
    if (group.generation < 0 || group.memberId === '') return this.#refusedByGroup(group, 'not a member');
    const inTime = (): boolean => this.#isInTime(request);
    if (version === 1 && !this.#joined.has(group.groupId)) {
      const added = await this.#transaction.addOffsets(identity, group.groupId, inTime);
      if (added.verdict !== 'done') return this.#refused('AddOffsetsToTxn', added, group);
      this.#joined.add(group.groupId);
    }
    const judged = await this.#transaction.ask({
      coordinator: this.#coordinator(group.groupId),
      api: apis.TxnOffsetCommit,
      body: bodyOf(this.#transaction.transactionalId, request, group),
      options: version === 2 ? { minVersion: 5 } : { minVersion: 3, maxVersion: 4 },
      codeOf: ({ topics }) => telling(topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode))),
      isRepeatable: version === 2,
      isWanted: inTime,
    });
    return judged.verdict === 'done' ? undefined : this.#refused('TxnOffsetCommit', judged, group);
  }

  /** Waits for the next generation of the same membership; false when it does not come. */
  async #movesOn(request: OffsetsRequest, { memberId, membership, generation }: GroupMetadata): Promise<boolean> {
    const { clock } = this.#cluster.ports;
    const untilMs = clock.monotonic() + joinGraceMs;
    while (this.#isInTime(request)) {
      const now = request.group();
      if (now.memberId !== memberId || now.membership !== membership) return false;
      if (now.generation > generation) return true;
      if (clock.monotonic() >= untilMs) return false;
      await clock.sleep(joinPollMs);
    }
    return false;
  }

  #isInTime({ isWanted, deadlineMs }: OffsetsRequest): boolean {
    return isWanted() && this.#cluster.ports.clock.monotonic() < deadlineMs;
  }

  #refused(api: 'AddOffsetsToTxn' | 'TxnOffsetCommit', judged: Judged<unknown>, group: GroupMetadata): OffsetsRefused {
    if (judged.verdict === 'group') return this.#refusedByGroup(group, errorName(judged.code), judged.code);
    return { verdict: judged.verdict, code: judged.code, error: this.#transaction.error(api, judged) };
  }

  #refusedByGroup({ groupId, memberId, generation }: GroupMetadata, error: string, code = 0): OffsetsRefused {
    const details = { groupId, memberId, generation, error };
    return { verdict: 'group', code, error: millraceError('MR_CLIENT_GROUP_FENCED', details) };
  }

  #coordinator(groupId: string): Coordinator {
    const known = this.#coordinators.get(groupId);
    if (known !== undefined) return known;
    const made = this.#cluster.coordinator('group', groupId, this.#lane);
    this.#coordinators.set(groupId, made);
    return made;
  }
}

function bodyOf(transactionalId: string, { identity, offsets }: OffsetsRequest, group: GroupMetadata) {
  return {
    transactionalId,
    groupId: group.groupId,
    ...identity,
    generationId: group.generation,
    memberId: group.memberId,
    groupInstanceId: group.instanceId ?? null,
    topics: offsetTopics(offsets),
  };
}
