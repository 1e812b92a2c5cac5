/**
 * A classic group: its members and the rounds in which they agree on an assignment.
 *
 *   Empty ──join──▶ PreparingRebalance ──all joined, or time is up──▶ CompletingRebalance ──leader's assignment──▶ Stable
 *                          ▲                                                │                                       │
 *                          └───────────── a member joins anew, leaves or is silent ──────────────────────────────────┘
 *
 * Member ids are asked for first (KIP-394), static members keep their place (KIP-345), a restarted static leader may keep the assignment (KIP-814).
 */
import type { Random, Timer } from '@millrace/base';
import { errorCodes } from '@millrace/protocol';
import type { BrokerLimits } from '../broker-options.ts';
import type { JoiningClient } from '../group-coordination.ts';
import type { Request, Response } from '../messages.ts';
import type { Timers } from '../timers.ts';
import { Member, type JoinReply, type MemberRecord, type SyncReply } from './member.ts';

export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead';

export interface GroupPorts {
  readonly timers: Timers;
  readonly random: Random;
  readonly limits: BrokerLimits;
}

/** What the broker's log holds of a group: its last complete generation. */
interface GroupRecord {
  readonly generation: number;
  readonly protocolType: string;
  readonly protocol: string | null;
  readonly leaderId: string;
  readonly members: readonly MemberRecord[];
}

/** Who speaks, and of which generation. */
export interface MemberClaim {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly generationId: number;
}

const noGroup: GroupRecord = { generation: 0, protocolType: '', protocol: null, leaderId: '', members: [] };
const { NONE, UNKNOWN_MEMBER_ID, REBALANCE_IN_PROGRESS, ILLEGAL_GENERATION, FENCED_INSTANCE_ID } = errorCodes;

export class Group {
  readonly groupId: string;
  readonly #ports: GroupPorts;
  readonly #members = new Map<string, Member>();
  /** Instance id -> member id. */
  readonly #statics = new Map<string, string>();
  /** Ids that were given out and not used yet. */
  readonly #pending = new Map<string, Timer>();
  #state: GroupState = 'Empty';
  #generation = 0;
  #protocolType = '';
  #protocol: string | null = null;
  #leaderId = '';
  /** Ends the phase of joining, or of waiting for assignments. */
  #phaseEnd: Timer | undefined;
  /** Set while the first round of a group waits for more members; and whether one has come since it began to wait. */
  #isGathering = false;
  #hasNewcomer = false;
  #written: GroupRecord = noGroup;

  constructor(groupId: string, ports: GroupPorts) {
    this.groupId = groupId;
    this.#ports = ports;
  }

  get state(): GroupState {
    return this.#state;
  }

  get protocolType(): string {
    return this.#protocolType;
  }

  get protocol(): string {
    return this.#protocol ?? '';
  }

  get members(): readonly Member[] {
    return [...this.#members.values()];
  }

  join(request: Request<'JoinGroup'>, client: JoiningClient, reply: JoinReply): void {
    const refuse = (errorCode: number, memberId = request.memberId): void => reply(refusedJoin(errorCode, memberId));
    if (!this.#fits(request)) return refuse(errorCodes.INCONSISTENT_GROUP_PROTOCOL);
    const { memberId, groupInstanceId } = request;
    if (memberId === '') return this.#joinUnknown(request, client, reply);
    if (this.#pending.has(memberId)) {
      if (groupInstanceId !== null) return refuse(UNKNOWN_MEMBER_ID);
      return this.#add(memberId, request, client, reply);
    }
    const error = this.#identify(memberId, groupInstanceId);
    if (error !== NONE) return refuse(error);
    this.#joinAgain(this.#members.get(memberId) as Member, request, client, reply);
  }

  sync(request: Request<'SyncGroup'>, reply: SyncReply): void {
    const refuse = (errorCode: number): void => reply(syncResponse(errorCode));
    const error = this.check(request);
    if (error !== NONE) return refuse(error);
    const { protocolType, protocolName, assignments } = request;
    const isOther = (given: string | null | undefined, own: string | null): boolean =>
      given !== null && given !== undefined && given !== own;
    if (isOther(protocolType, this.#protocolType) || isOther(protocolName, this.#protocol))
      return refuse(errorCodes.INCONSISTENT_GROUP_PROTOCOL);
    if (this.#state === 'PreparingRebalance') return refuse(REBALANCE_IN_PROGRESS);
    const member = this.#members.get(request.memberId) as Member;
    member.hasSynced = true;
    if (this.members.every(({ hasSynced }) => hasSynced)) this.#phaseEnd?.cancel();
    if (this.#state === 'Stable') {
      member.alive();
      return reply(this.#synced(member));
    }
    // An earlier one waits on a connection that is dead, or nobody would ask again.
    member.answerSync(syncResponse(REBALANCE_IN_PROGRESS));
    member.syncing = reply;
    member.alive();
    if (member.memberId === this.#leaderId) this.#assign(assignments);
  }

  heartbeat(claim: MemberClaim): number {
    const error = this.check(claim);
    if (error !== NONE) return error;
    (this.#members.get(claim.memberId) as Member).alive();
    return this.#state === 'PreparingRebalance' ? REBALANCE_IN_PROGRESS : NONE;
  }

  /** Ends a membership; a static member may be named by its instance id alone. */
  leave(memberId: string, instanceId: string | null): number {
    const id = memberId === '' && instanceId !== null ? (this.#statics.get(instanceId) ?? '') : memberId;
    if (this.#forgetPending(id)) {
      this.#tryComplete();
      return NONE;
    }
    const error = this.#identify(id, instanceId);
    if (error === NONE) this.#remove(this.#members.get(id) as Member);
    return error;
  }

  /** Kafka's error for somebody who is not a member of the current generation. */
  check({ memberId, groupInstanceId, generationId }: MemberClaim): number {
    const error = this.#identify(memberId, groupInstanceId);
    if (error !== NONE) return error;
    return generationId === this.#generation ? NONE : ILLEGAL_GENERATION;
  }

  /** Kafka's error for a commit of offsets; within a transaction an unnamed committer is let through (KIP-447 is opt-in). */
  checkCommit(claim: MemberClaim, isTransactional: boolean): number {
    const { memberId, groupInstanceId, generationId } = claim;
    if (generationId < 0 && this.#members.size === 0) return NONE;
    if (generationId < 0 && memberId === '' && groupInstanceId === null)
      return isTransactional ? NONE : UNKNOWN_MEMBER_ID;
    const error = this.check(claim);
    if (error !== NONE) return error;
    if (isTransactional) return NONE;
    (this.#members.get(memberId) as Member).alive();
    return this.#state === 'CompletingRebalance' ? REBALANCE_IN_PROGRESS : NONE;
  }

  /** After a restart of the broker: the last complete generation, its sessions begun anew; what waited is gone. */
  restart(): void {
    const { generation, protocolType, protocol, leaderId, members } = this.#written;
    this.#members.clear();
    this.#statics.clear();
    this.#pending.clear();
    this.#phaseEnd = undefined;
    this.#isGathering = false;
    this.#generation = generation;
    this.#protocolType = protocolType;
    this.#protocol = protocol;
    this.#leaderId = leaderId;
    for (const record of members) this.#enter(this.#newMember(record)).alive();
    this.#state = members.length === 0 ? 'Empty' : 'Stable';
  }

  /** Whether the member's protocols have one in common with everybody's. */
  #fits({ protocolType, protocols }: Request<'JoinGroup'>): boolean {
    if (protocolType === '' || protocols.length === 0) return false;
    if (this.#members.size === 0) return true;
    const knownToAll = (name: string): boolean =>
      this.members.every((member) => member.protocols.some((one) => one.name === name));
    return protocolType === this.#protocolType && protocols.some(({ name }) => knownToAll(name));
  }

  #identify(memberId: string, instanceId: string | null): number {
    if (instanceId !== null) {
      const owner = this.#statics.get(instanceId);
      if (owner === undefined) return UNKNOWN_MEMBER_ID;
      if (owner !== memberId) return FENCED_INSTANCE_ID;
    }
    return this.#members.has(memberId) ? NONE : UNKNOWN_MEMBER_ID;
  }

  #joinUnknown(request: Request<'JoinGroup'>, client: JoiningClient, reply: JoinReply): void {
    const { groupInstanceId: instanceId } = request;
    const memberId = `${instanceId ?? client.clientId}-${this.#ports.random.uuid()}`;
    if (instanceId !== null) {
      const before = this.#members.get(this.#statics.get(instanceId) ?? '');
      if (before === undefined) this.#add(memberId, request, client, reply);
      else this.#replaceStatic(before, memberId, request, client, reply);
      return;
    }
    if (client.apiVersion < 4) return this.#add(memberId, request, client, reply);
    const expiry = this.#ports.timers.after(request.sessionTimeoutMs, () => {
      this.#pending.delete(memberId);
      this.#tryComplete();
    });
    this.#pending.set(memberId, expiry);
    reply(refusedJoin(errorCodes.MEMBER_ID_REQUIRED, memberId));
  }

  #add(memberId: string, request: Request<'JoinGroup'>, client: JoiningClient, reply: JoinReply): void {
    this.#forgetPending(memberId);
    this.#hasNewcomer = true;
    if (this.#members.size === 0) this.#protocolType = request.protocolType;
    const member = this.#enter(this.#newMember(memberOf(memberId, request, client)));
    if (this.#leaderId === '') this.#leaderId = memberId;
    member.joining = reply;
    member.alive();
    this.#rebalance();
  }

  #joinAgain(member: Member, request: Request<'JoinGroup'>, client: JoiningClient, reply: JoinReply): void {
    const isSame = member.brings(request.protocols);
    const asBefore =
      isSame &&
      (this.#state === 'CompletingRebalance' || (this.#state === 'Stable' && member.memberId !== this.#leaderId));
    if (asBefore) {
      member.alive();
      return reply(this.#joined(member));
    }
    this.#update(member, request, client);
    member.answerJoin(refusedJoin(REBALANCE_IN_PROGRESS, member.memberId));
    member.joining = reply;
    member.alive();
    this.#rebalance();
  }

  /** The process behind an instance id is a new one: it takes the place over; whoever still has the old member id is fenced. */
  #replaceStatic(
    before: Member,
    memberId: string,
    request: Request<'JoinGroup'>,
    client: JoiningClient,
    reply: JoinReply,
  ): void {
    const wasLeader = this.#leaderId === before.memberId;
    const member = this.#newMember({ ...memberOf(memberId, request, client), assignment: before.assignment });
    this.#members.delete(before.memberId);
    before.gone();
    before.answerJoin(refusedJoin(FENCED_INSTANCE_ID, before.memberId));
    before.answerSync(syncResponse(FENCED_INSTANCE_ID));
    this.#enter(member);
    if (wasLeader) this.#leaderId = memberId;
    // What it says beside the protocol may differ (a restarted member owns nothing yet): the assignment stands all the same.
    if (this.#state === 'Stable' && this.#chooseProtocol() === this.#protocol) {
      member.alive();
      this.#write();
      if (client.apiVersion >= 9) return reply({ ...this.#joined(member), skipAssignment: wasLeader });
      // An older leader would compute an assignment nobody waits for: it is told that somebody else leads.
      return reply({ ...this.#joined(member), leader: wasLeader ? before.memberId : this.#leaderId, members: [] });
    }
    member.joining = reply;
    member.alive();
    this.#rebalance();
  }

  #newMember(record: Omit<MemberRecord, 'assignment'> & { readonly assignment?: Uint8Array }): Member {
    return new Member(record, this.#ports.timers, (silent) => this.#remove(silent));
  }

  #enter(member: Member): Member {
    this.#members.set(member.memberId, member);
    if (member.instanceId !== null) this.#statics.set(member.instanceId, member.memberId);
    return member;
  }

  #update(member: Member, request: Request<'JoinGroup'>, client: JoiningClient): void {
    const { sessionTimeoutMs, rebalanceTimeoutMs, protocols } = memberOf(member.memberId, request, client);
    member.clientId = client.clientId;
    member.clientHost = client.clientHost;
    member.sessionTimeoutMs = sessionTimeoutMs;
    member.rebalanceTimeoutMs = rebalanceTimeoutMs;
    member.protocols = protocols;
  }

  #remove(member: Member): void {
    if (this.#members.get(member.memberId) !== member) return;
    this.#forget(member);
    if (this.#state === 'Stable' || this.#state === 'CompletingRebalance') this.#rebalance();
    else this.#tryComplete();
  }

  #forget(member: Member): void {
    this.#members.delete(member.memberId);
    if (member.instanceId !== null) this.#statics.delete(member.instanceId);
    member.gone();
    member.answerJoin(refusedJoin(UNKNOWN_MEMBER_ID, member.memberId));
    member.answerSync(syncResponse(UNKNOWN_MEMBER_ID));
    if (this.#leaderId === member.memberId) this.#leaderId = this.#electLeader();
  }

  #electLeader(): string {
    const joined = this.members.find(({ joining }) => joining !== undefined);
    return (joined ?? this.members[0])?.memberId ?? '';
  }

  #forgetPending(memberId: string): boolean {
    this.#pending.get(memberId)?.cancel();
    return this.#pending.delete(memberId);
  }

  /** Begins a round unless one is under way. */
  #rebalance(): void {
    if (this.#state === 'PreparingRebalance') return this.#tryComplete();
    for (const member of this.#members.values()) member.answerSync(syncResponse(REBALANCE_IN_PROGRESS));
    this.#isGathering = this.#state === 'Empty' && this.#ports.limits.initialRebalanceDelayMs > 0;
    this.#state = 'PreparingRebalance';
    if (this.#isGathering) return this.#gather(this.#longestRoundMs());
    this.#endPhaseAfter(this.#longestRoundMs(), () => this.#completeJoin());
    this.#tryComplete();
  }

  /** Waits for more members: the delay once, and again each time that somebody came, no longer than a round may take. */
  #gather(leftMs: number): void {
    const delayMs = Math.min(this.#ports.limits.initialRebalanceDelayMs, leftMs);
    this.#hasNewcomer = false;
    this.#endPhaseAfter(delayMs, () => {
      if (this.#hasNewcomer && leftMs > delayMs) this.#gather(leftMs - delayMs);
      else this.#completeJoin();
    });
  }

  #longestRoundMs(): number {
    return Math.max(0, ...this.members.map(({ rebalanceTimeoutMs }) => rebalanceTimeoutMs));
  }

  #endPhaseAfter(delayMs: number, run: () => void): void {
    this.#phaseEnd?.cancel();
    this.#phaseEnd = this.#ports.timers.after(delayMs, run);
  }

  #tryComplete(): void {
    if (this.#state !== 'PreparingRebalance' || this.#isGathering || this.#pending.size > 0) return;
    if (this.members.every(({ joining }) => joining !== undefined)) this.#completeJoin();
  }

  /** The next generation, of those who came. A static member that did not come keeps its place until its session ends. */
  #completeJoin(): void {
    this.#phaseEnd?.cancel();
    this.#phaseEnd = undefined;
    this.#isGathering = false;
    for (const member of this.members)
      if (member.joining === undefined && member.instanceId === null) this.#forget(member);
    if (this.#members.get(this.#leaderId)?.joining === undefined) this.#leaderId = this.#electLeader();
    const isLed = this.#members.get(this.#leaderId)?.joining !== undefined;
    if (this.#members.size > 0 && !isLed) {
      // Only static members that are silent are left: their sessions end, or one of them comes.
      return this.#endPhaseAfter(this.#longestRoundMs(), () => this.#completeJoin());
    }
    this.#generation++;
    if (this.#members.size === 0) return this.#becomeEmpty();
    this.#state = 'CompletingRebalance';
    this.#protocol = this.#chooseProtocol();
    for (const member of this.members) {
      member.hasSynced = false;
      const answer = this.#joined(member);
      member.answerJoin(answer);
      member.alive();
    }
    this.#endPhaseAfter(this.#longestRoundMs(), () => this.#dropThoseWithoutSync());
  }

  #becomeEmpty(): void {
    this.#state = 'Empty';
    this.#protocol = null;
    this.#leaderId = '';
    this.#write();
  }

  /** A heartbeat does not replace the question for the assignment: a member that never asks would hold its partitions and read nothing. */
  #dropThoseWithoutSync(): void {
    const silent = this.members.filter(({ hasSynced }) => !hasSynced);
    for (const member of silent) this.#forget(member);
    if (silent.length > 0) this.#rebalance();
  }

  /** Everybody votes for the first of its protocols that all know; ties go to the name that comes first. */
  #chooseProtocol(): string {
    const names = this.members[0]?.protocols.map(({ name }) => name) ?? [];
    const candidates = names.filter((name) =>
      this.members.every(({ protocols }) => protocols.some((one) => one.name === name)),
    );
    const votes = new Map<string, number>(candidates.map((name) => [name, 0]));
    for (const { protocols } of this.members) {
      const choice = protocols.find(({ name }) => votes.has(name))?.name;
      if (choice !== undefined) votes.set(choice, (votes.get(choice) ?? 0) + 1);
    }
    return [...votes].sort(([, a], [, b]) => b - a)[0]?.[0] ?? '';
  }

  #assign(assignments: Request<'SyncGroup'>['assignments']): void {
    const byMember = new Map(assignments.map(({ memberId, assignment }) => [memberId, assignment]));
    this.#state = 'Stable';
    for (const member of this.members) member.assignment = Uint8Array.from(byMember.get(member.memberId) ?? []);
    this.#write();
    for (const member of this.members) member.answerSync(this.#synced(member));
  }

  #write(): void {
    this.#written = {
      generation: this.#generation,
      protocolType: this.#protocolType,
      protocol: this.#protocol,
      leaderId: this.#leaderId,
      members: this.members.map((member) => member.record()),
    };
  }

  #joined(member: Member): Response<'JoinGroup'> {
    const isLeader = member.memberId === this.#leaderId;
    const protocol = this.#protocol ?? '';
    return {
      errorCode: NONE,
      generationId: this.#generation,
      protocolType: this.#protocolType,
      protocolName: protocol,
      leader: this.#leaderId,
      memberId: member.memberId,
      members: isLeader
        ? this.members.map((one) => ({
            memberId: one.memberId,
            groupInstanceId: one.instanceId,
            metadata: Buffer.from(one.metadata(protocol)),
          }))
        : [],
    };
  }

  #synced(member: Member): Response<'SyncGroup'> {
    return {
      errorCode: NONE,
      protocolType: this.#protocolType,
      protocolName: this.#protocol,
      assignment: Buffer.from(member.assignment),
    };
  }
}

function memberOf(
  memberId: string,
  request: Request<'JoinGroup'>,
  client: JoiningClient,
): Omit<MemberRecord, 'assignment'> {
  const { groupInstanceId: instanceId, sessionTimeoutMs, rebalanceTimeoutMs, protocols } = request;
  return {
    memberId,
    instanceId,
    clientId: client.clientId,
    clientHost: client.clientHost,
    sessionTimeoutMs,
    rebalanceTimeoutMs: rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs,
    // The request's bytes are views of its frame, which this outlives.
    protocols: protocols.map(({ name, metadata }) => ({ name, metadata: Uint8Array.from(metadata) })),
  };
}

export function refusedJoin(errorCode: number, memberId: string): Response<'JoinGroup'> {
  return { errorCode, generationId: -1, protocolType: null, protocolName: '', leader: '', memberId, members: [] };
}

function syncResponse(errorCode: number): Response<'SyncGroup'> {
  return { errorCode, protocolType: null, protocolName: null, assignment: Buffer.alloc(0) };
}
