/** Turns Kafka's error codes into Millrace's errors. */
import { millraceError, type MillraceError } from '@millrace/base';
import { errorCodes, errorName, isRetriableError } from '@millrace/protocol';

const notAuthorized: ReadonlySet<number> = new Set<number>([
  errorCodes.TOPIC_AUTHORIZATION_FAILED,
  errorCodes.GROUP_AUTHORIZATION_FAILED,
  errorCodes.CLUSTER_AUTHORIZATION_FAILED,
  errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
]);

const fenced: ReadonlySet<number> = new Set<number>([
  errorCodes.PRODUCER_FENCED,
  errorCodes.INVALID_PRODUCER_EPOCH,
  errorCodes.INVALID_PRODUCER_ID_MAPPING,
  errorCodes.FENCED_INSTANCE_ID,
]);

/** Errors that tell of stale knowledge of leaders: ask for metadata, then try again. */
const staleLeader: ReadonlySet<number> = new Set<number>([
  errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
  errorCodes.LEADER_NOT_AVAILABLE,
  errorCodes.NOT_LEADER_OR_FOLLOWER,
  errorCodes.REPLICA_NOT_AVAILABLE,
  errorCodes.KAFKA_STORAGE_ERROR,
  errorCodes.FENCED_LEADER_EPOCH,
  errorCodes.UNKNOWN_TOPIC_ID,
  errorCodes.INCONSISTENT_TOPIC_ID,
  errorCodes.OFFSET_NOT_AVAILABLE,
]);

/** Errors that tell that the coordinator is elsewhere. One that loads (14) stays where it is. */
const coordinatorMoved: ReadonlySet<number> = new Set<number>([
  errorCodes.COORDINATOR_NOT_AVAILABLE,
  errorCodes.NOT_COORDINATOR,
]);

/** Where an answer came from and what it was about. */
export interface AnswerPosition {
  readonly api: string;
  readonly node: number;
  readonly about: string;
}

/** The error of an answer; codes that Millrace does not know are named and not retried. */
export function brokerError(code: number, position: AnswerPosition): MillraceError {
  const details = { ...position, error: errorName(code) };
  if (notAuthorized.has(code)) return millraceError('MR_CLIENT_NOT_AUTHORIZED', details);
  if (fenced.has(code)) return millraceError('MR_CLIENT_FENCED', details);
  if (isRetriableError(code)) return millraceError('MR_CLIENT_BROKER_RETRIABLE', details);
  return millraceError('MR_CLIENT_BROKER_REFUSED', details);
}

/** Throws the error of an answer unless it says that all is well. */
export function throwOnError(code: number, position: AnswerPosition): void {
  if (code !== errorCodes.NONE) throw brokerError(code, position);
}

export function isStaleLeader(code: number): boolean {
  return staleLeader.has(code);
}

export function isCoordinatorMoved(code: number): boolean {
  return coordinatorMoved.has(code);
}
