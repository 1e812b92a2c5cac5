/** Groups as the rest of the broker sees them. */
import type { ApiName } from '@millrace/protocol';
import type { Request, Response } from './messages.ts';

/** Who joins. */
export interface JoiningClient {
  readonly clientId: string;
  readonly clientHost: string;
  readonly apiVersion: number;
}

type Later<N extends ApiName> = (response: Response<N>) => void;

/** What the group coordinator does; requests and responses are those of the protocol. */
export interface GroupCoordination {
  join(request: Request<'JoinGroup'>, client: JoiningClient, reply: Later<'JoinGroup'>): void;
  syncGroup(request: Request<'SyncGroup'>, reply: Later<'SyncGroup'>): void;
  heartbeat(request: Request<'Heartbeat'>): Response<'Heartbeat'>;
  leaveGroup(request: Request<'LeaveGroup'>, apiVersion: number): Response<'LeaveGroup'>;
  offsetCommit(request: Request<'OffsetCommit'>, apiVersion: number): Response<'OffsetCommit'>;
  offsetFetch(request: Request<'OffsetFetch'>, apiVersion: number): Response<'OffsetFetch'>;
  offsetDelete(request: Request<'OffsetDelete'>): Response<'OffsetDelete'>;
  txnOffsetCommit(request: Request<'TxnOffsetCommit'>): Response<'TxnOffsetCommit'>;
  describeGroups(request: Request<'DescribeGroups'>, apiVersion: number): Response<'DescribeGroups'>;
  listGroups(request: Request<'ListGroups'>): Response<'ListGroups'>;
  deleteGroups(request: Request<'DeleteGroups'>): Response<'DeleteGroups'>;
  completeTransaction(producerId: number, committed: boolean): void;
  forgetTopic(topicName: string, topicId: string): void;
  restart(): void;
}
