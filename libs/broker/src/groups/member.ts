/** A member of a classic group: who it is, what it brought, and the answers it waits for. */
import { Buffer } from 'node:buffer';
import type { Response } from '../messages.ts';
import { Deadline, type Timers } from '../timers.ts';

/** A protocol (assignor) that a member knows, with what it tells the assignor. */
export interface MemberProtocol {
  readonly name: string;
  readonly metadata: Uint8Array;
}

/** What a group remembers of a member across a restart of the broker. */
export interface MemberRecord {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly protocols: readonly MemberProtocol[];
  readonly assignment: Uint8Array;
}

export type JoinReply = (response: Response<'JoinGroup'>) => void;
export type SyncReply = (response: Response<'SyncGroup'>) => void;

const nothing = Buffer.alloc(0);

export class Member {
  readonly memberId: string;
  readonly instanceId: string | null;
  clientId: string;
  clientHost: string;
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  protocols: readonly MemberProtocol[];
  assignment: Uint8Array;
  /** The JoinGroup that waits for the others; undefined when none does. */
  joining: JoinReply | undefined;
  /** The SyncGroup that waits for the leader. */
  syncing: SyncReply | undefined;
  /** Whether it has asked for its assignment of the newest generation. */
  hasSynced = true;
  readonly #session: Deadline;

  constructor(
    record: Omit<MemberRecord, 'assignment'> & { readonly assignment?: Uint8Array },
    timers: Timers,
    expired: (member: Member) => void,
  ) {
    this.memberId = record.memberId;
    this.instanceId = record.instanceId;
    this.clientId = record.clientId;
    this.clientHost = record.clientHost;
    this.sessionTimeoutMs = record.sessionTimeoutMs;
    this.rebalanceTimeoutMs = record.rebalanceTimeoutMs;
    this.protocols = record.protocols;
    this.assignment = record.assignment ?? nothing;
    this.#session = new Deadline(timers, () => expired(this));
  }

  /** The member was heard of. While an answer is owed to it, its silence is the group's doing. */
  alive(): void {
    if (this.joining === undefined && this.syncing === undefined) this.#session.set(this.sessionTimeoutMs);
    else this.#session.clear();
  }

  gone(): void {
    this.#session.clear();
  }

  answerJoin(response: Response<'JoinGroup'>): void {
    const reply = this.joining;
    this.joining = undefined;
    reply?.(response);
  }

  /** Answers a SyncGroup that waits; its session begins anew. */
  answerSync(response: Response<'SyncGroup'>): void {
    const reply = this.syncing;
    if (reply === undefined) return;
    this.syncing = undefined;
    this.alive();
    reply(response);
  }

  /** Whether it brings the same protocols with the same metadata as before. */
  brings(protocols: readonly MemberProtocol[]): boolean {
    return (
      this.protocols.length === protocols.length &&
      this.protocols.every(
        ({ name, metadata }, i) => name === protocols[i]?.name && Buffer.compare(metadata, protocols[i].metadata) === 0,
      )
    );
  }

  metadata(protocol: string): Uint8Array {
    return this.protocols.find(({ name }) => name === protocol)?.metadata ?? nothing;
  }

  record(): MemberRecord {
    const { memberId, instanceId, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols, assignment } =
      this;
    return { memberId, instanceId, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols, assignment };
  }
}
